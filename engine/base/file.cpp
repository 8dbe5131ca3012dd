#include "engine/base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "engine/base/error.h"

namespace base {

using base::ExitCode, base::fail;

namespace {

class OpenFile {
 public:
  // Without O_NONBLOCK, opening a named pipe would wait for a writer for ever.
  explicit OpenFile(const std::filesystem::path& path)
      : descriptor_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (descriptor_ < 0) fail(ExitCode::data, path.string(), ": cannot open: ", strerror(errno));
  }
  ~OpenFile() { close(descriptor_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

// The name as it can be printed on one line.
std::string printable(const std::string& name) {
  std::string text = name.substr(0, 80);
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 32 || c == 127) c = '?';
  return name.size() > 80 ? text + "..." : text;
}

bool lies_inside(const std::filesystem::path& path, const std::filesystem::path& folder) {
  auto mismatch = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return mismatch.first == folder.end();
}

}  // namespace

std::vector<uint8_t> read_file(const std::filesystem::path& path, uint64_t max_bytes) {
  OpenFile file(path);
  struct stat status;
  if (fstat(file.descriptor(), &status) != 0)
    fail(ExitCode::data, path.string(), ": cannot read: ", strerror(errno));
  if (!S_ISREG(status.st_mode)) fail(ExitCode::data, path.string(), ": not a regular file");
  if (uint64_t(status.st_size) > max_bytes)
    fail(ExitCode::data, path.string(), ": ", status.st_size, " bytes, the limit is ", max_bytes);
  std::vector<uint8_t> bytes(size_t(status.st_size));
  size_t done = 0;
  while (done < bytes.size()) {
    ssize_t n = read(file.descriptor(), bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(ExitCode::data, path.string(), ": cannot read: ", strerror(errno));
    if (n == 0) break;  // became shorter since fstat
    done += size_t(n);
  }
  bytes.resize(done);
  return bytes;
}

void write_file(const std::filesystem::path& path, std::span<const uint8_t> bytes) {
  errno = 0;
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), std::streamsize(bytes.size()));
  file.close();
  if (!file)
    fail(ExitCode::failed, path.string(), ": cannot write ", bytes.size(),
         " bytes: ", strerror(errno ? errno : EIO));
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  write_file(path, std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

void write_whole_file(const std::string& path, const std::function<void(std::ostream&)>& write) {
  const std::string temporary = path + ".partial";
  std::error_code error;
  try {
    std::ofstream file(temporary, std::ios::binary | std::ios::trunc);
    if (!file) fail(ExitCode::data, temporary, ": cannot be created");
    write(file);
    file.close();
    if (file) std::filesystem::rename(temporary, path, error);
    if (!file || error) fail(ExitCode::data, path, ": cannot be written (disk full?)");
  } catch (...) {
    std::filesystem::remove(temporary, error);
    throw;
  }
}

std::filesystem::path safe_join(const std::filesystem::path& folder, const std::string& file_name) {
  auto refuse = [&](const char* why) {
    fail(ExitCode::data, "file_name \"", printable(file_name), "\" ", why,
         "; expected a path inside ", folder.string());
  };
  if (file_name.empty()) refuse("is empty");
  if (file_name.size() > 4096) refuse("is longer than 4096 bytes");
  if (file_name.find('\0') != std::string::npos) refuse("contains a NUL byte");
  std::filesystem::path relative(file_name);
  if (relative.is_absolute()) refuse("is absolute");
  for (const auto& part : relative)
    if (part == "..") refuse("contains \"..\"");
  std::error_code error;
  auto root = std::filesystem::weakly_canonical(folder, error);
  if (error) fail(ExitCode::data, folder.string(), ": ", error.message());
  auto target = std::filesystem::weakly_canonical(root / relative, error);
  if (error) refuse(error.message().c_str());
  if (!lies_inside(target, root)) refuse("leads outside the folder through a symbolic link");
  return folder / relative;
}

}  // namespace base
