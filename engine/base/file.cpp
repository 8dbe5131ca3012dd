#include "engine/base/file.h"

#include <algorithm>

#include "engine/base/error.h"
#include "engine/base/input_file.h"
#include "engine/base/text.h"

namespace base {

namespace {

bool lies_inside(const std::filesystem::path& path, const std::filesystem::path& folder) {
  auto mismatch = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
  return mismatch.first == folder.end();
}

}  // namespace

std::vector<uint8_t> read_file(const std::filesystem::path& path, uint64_t max_bytes) {
  const InputFile file(path);
  if (file.size() > max_bytes)
    fail(ExitCode::data, path.string(), ": ", file.size(), " bytes, the limit is ", max_bytes);
  std::vector<uint8_t> bytes(size_t(file.size()));
  file.read_at(0, bytes.data(), bytes.size());
  return bytes;
}

std::filesystem::path safe_join(const std::filesystem::path& folder, const std::string& file_name) {
  auto refuse = [&](const char* why) {
    fail(ExitCode::data, "file_name \"", printable(file_name, 100), "\" ", why,
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
