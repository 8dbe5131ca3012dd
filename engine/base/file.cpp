#include "engine/base/file.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/base/input_file.h"
#include "engine/base/text.h"

namespace base {

namespace fs = std::filesystem;

namespace {

bool lies_inside(const fs::path& path, const fs::path& folder) {
  auto mismatch = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return mismatch.first == folder.end();
}

[[noreturn]] void refuse(const fs::path& folder, const std::string& file_name,
                         const std::string& why) {
  fail(ExitCode::data, "file_name \"", printable_name(file_name), "\" ", why,
       "; expected a path inside ", folder.string());
}

// Checks what can be seen from the name alone.
fs::path relative_path(const fs::path& folder, const std::string& file_name) {
  if (file_name.empty()) refuse(folder, file_name, "is empty");
  if (file_name.size() > 4096) refuse(folder, file_name, "is longer than 4096 bytes");
  if (file_name.find('\0') != std::string::npos) refuse(folder, file_name, "contains a NUL byte");
  const fs::path relative(file_name);
  if (relative.is_absolute()) refuse(folder, file_name, "is absolute");
  for (const auto& part : relative)
    if (part == "..") refuse(folder, file_name, "contains \"..\"");
  return relative;
}

// Checks that no symbolic link leads out of the folder.
void check_links(const fs::path& folder, const fs::path& relative, const std::string& file_name) {
  std::error_code error;
  const fs::path root = fs::weakly_canonical(folder, error);
  if (error) fail(ExitCode::data, folder.string(), ": ", error.message());
  const fs::path target = fs::weakly_canonical(root / relative, error);
  if (error) refuse(folder, file_name, error.message());
  if (!lies_inside(target, root))
    refuse(folder, file_name, "leads outside the folder through a symbolic link");
}

}  // namespace

std::vector<uint8_t> read_file(const fs::path& path, uint64_t max_bytes) {
  const InputFile file(path);
  if (file.size() > max_bytes)
    fail(ExitCode::data, path.string(), ": ", file.size(), " bytes, the limit is ", max_bytes);
  std::vector<uint8_t> bytes(size_t(file.size()));
  file.read_at(0, bytes.data(), bytes.size());
  return bytes;
}

fs::path safe_join(const fs::path& folder, const std::string& file_name) {
  const fs::path relative = relative_path(folder, file_name);
  check_links(folder, relative, file_name);
  return folder / relative;
}

fs::path safe_output(const fs::path& folder, const std::string& file_name) {
  const fs::path relative = relative_path(folder, file_name);
  if (relative.filename().empty() || relative.filename() == ".")
    refuse(folder, file_name, "is not the name of a file");
  check_links(folder, relative.parent_path(), file_name);
  return folder / relative;
}

}  // namespace base
