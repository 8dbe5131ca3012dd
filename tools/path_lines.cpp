#include "tools/path_lines.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "data/formats/lines.h"
#include "engine/base/error.h"

namespace tools {

using base::ExitCode, base::fail;

namespace {
constexpr size_t kLongest = 4096;
}  // namespace

PathLines::PathLines(int file_descriptor, std::string name, std::function<bool()> stopped)
    : file_(file_descriptor), name_(std::move(name)), stopped_(std::move(stopped)) {}

std::vector<std::string> PathLines::next(size_t most) {
  constexpr int kPatience = 100;  // ms between two looks at `stopped`
  std::vector<std::string> paths;
  take_lines(most, paths);
  while (paths.empty() && !ended_) {
    if (stopped_ && stopped_()) return {};
    if (wait(kPatience)) read_some();
    take_lines(most, paths);
  }
  while (paths.size() < most && !ended_ && wait(0)) {
    read_some();
    take_lines(most, paths);
  }
  return paths;
}

bool PathLines::wait(int milliseconds) const {
  pollfd file{file_, POLLIN, 0};
  return ::poll(&file, 1, milliseconds) > 0;
}

void PathLines::read_some() {
  char bytes[4096];
  const ssize_t count = ::read(file_, bytes, sizeof bytes);
  if (count < 0 && errno == EISDIR)
    fail(ExitCode::data, name_, " is a folder, expected a list of paths, one on each line");
  if (count < 0 && errno != EINTR && errno != EAGAIN)
    fail(ExitCode::data, name_, ": cannot be read: ", std::strerror(errno));
  if (count > 0) buffer_.append(bytes, size_t(count));
  ended_ = count == 0;
}

void PathLines::take_lines(size_t most, std::vector<std::string>& paths) {
  size_t start = 0;
  while (paths.size() < most) {
    const size_t end = buffer_.find('\n', start);
    if (end == buffer_.npos) break;
    add(buffer_.substr(start, end - start), paths);
    start = end + 1;
  }
  buffer_.erase(0, start);
  const bool whole = paths.size() < most;  // no line is left in the buffer
  if (whole && ended_ && !buffer_.empty()) add(std::exchange(buffer_, {}), paths);
  if (whole && buffer_.size() > kLongest + 1) add(buffer_, paths);  // too long, with \r or without
}

void PathLines::add(std::string line, std::vector<std::string>& paths) {
  ++line_;
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line_ == 1) line = data::plain_text(line, name_);
  if (line.size() > kLongest || line.find('\0') != line.npos)
    fail(ExitCode::data, name_, ", line ", line_, ": no path of an image, expected at most ",
         kLongest, " bytes without a NUL");
  if (line.find_first_not_of(" \t") != line.npos) paths.push_back(std::move(line));
}

}  // namespace tools
