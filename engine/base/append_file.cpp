#include "engine/base/append_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/file_kind.h"
#include "engine/base/set_aside.h"
#include "engine/base/text.h"
#include "engine/base/write_file.h"

namespace base {
namespace {

// Returns 0 or the error's number.
int write_all(int file, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::write(file, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR) return errno;
    if (n == 0) return ENOSPC;
    if (n > 0) bytes.remove_prefix(size_t(n));
  }
  return 0;
}

constexpr int kMode = 0644;

std::string name_of(const std::string& path) {
  return std::filesystem::path(path).filename().string();
}

struct SortedLines {
  uint64_t all = 0, damaged = 0;  // lines before the first one that is later or cut off
  uint64_t bytes = 0;             // of them
};

// Writes the lines that are kept into `out`, if it is given.
SortedLines sort_lines(const std::string& path,
                       const std::function<LogLine(std::string_view)>& kind, std::ostream* out) {
  SortedLines lines;
  std::ifstream file(path, std::ios::binary);
  for (std::string line; std::getline(file, line) && !file.eof();) {
    const LogLine what = kind(line);
    if (what == LogLine::later) break;
    ++lines.all;
    lines.bytes += line.size() + 1;
    lines.damaged += what == LogLine::damaged;
    if (out && what == LogLine::keep) *out << line << '\n';
  }
  return lines;
}

}  // namespace

AppendFile::AppendFile(std::string path) : path_(std::move(path)) {
  file_ = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, kMode);
  if (file_ < 0) fail(ExitCode::data, "cannot write ", path_, ": ", std::strerror(errno));
  off_t end = ::lseek(file_, 0, SEEK_END);
  size_ = end < 0 ? 0 : uint64_t(end);
}

AppendFile::~AppendFile() {
  if (file_ >= 0) ::close(file_);
}

bool AppendFile::append(std::string_view record) {
  if (int error = write_all(file_, record)) {
    // Devices such as /dev/full cannot be cut, and need not be: they keep nothing.
    if (::ftruncate(file_, off_t(size_)) != 0 && errno != EINVAL) error = errno;
    lose(error);
    return false;
  }
  size_ += record.size();
  return true;
}

void AppendFile::cut(uint64_t size) {
  if (size >= size_) return;
  if (::ftruncate(file_, off_t(size)) == 0) {
    size_ = size;
  } else {
    lose(errno);
  }
}

void AppendFile::lose(int error_number) {
  if (lost_++ > 0) return;
  std::string message = fmt::format("cannot write {}: {}; the run goes on without this log\n",
                                    printable(path_), std::strerror(error_number));
  write_all(STDERR_FILENO, message);
}

std::string keep_lines(const std::string& path,
                       const std::function<LogLine(std::string_view)>& kind) {
  if (look_at(path).kind != FileKind::regular || !std::ifstream(path)) return {};
  const SortedLines lines = sort_lines(path, kind, nullptr);
  if (lines.damaged > 0) {
    const std::string aside = set_aside(path, "damaged");
    const auto write = [&](std::ostream& out) { sort_lines(aside, kind, &out); };
    write_file(path, write, not_durable());
    return fmt::format("{}: {} of {} {} damaged and left out; the file as it was is {}",
                       name_of(path), lines.damaged, counted(lines.all, "line"),
                       lines.damaged == 1 ? "is" : "are", name_of(aside));
  }
  std::error_code error;
  if (std::filesystem::file_size(path, error) == lines.bytes && !error) return {};
  std::filesystem::resize_file(path, lines.bytes, error);
  if (error) fail(ExitCode::data, "cannot shorten ", path, ": ", error.message());
  return {};
}

void start_log(const std::string& path) {
  std::error_code absent;
  const auto type = std::filesystem::symlink_status(path, absent).type();
  using enum std::filesystem::file_type;
  if (type == symlink && look_at(path).kind == FileKind::stream) return;  // such as /dev/stdout
  if (type == regular || type == symlink) std::filesystem::remove(path, absent);
}

}  // namespace base
