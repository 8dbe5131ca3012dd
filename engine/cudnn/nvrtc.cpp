#include "engine/cudnn/nvrtc.h"

#include <dlfcn.h>

#include <algorithm>
#include <filesystem>

namespace engine {
namespace {

namespace fs = std::filesystem;

// Files of the folder whose names start so, in order.
std::vector<std::string> files_of(const fs::path& folder, const std::string& start) {
  std::vector<std::string> files;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(folder, ignored))
    if (entry.path().filename().string().starts_with(start)) files.push_back(entry.path().string());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> nvrtc_in(const fs::path& folder) {
  std::vector<std::string> files = files_of(folder, "libnvrtc-builtins.so.");
  for (std::string& file : files_of(folder, "libnvrtc.so.")) files.push_back(std::move(file));
  return files;
}

std::vector<fs::path> packages_of(const fs::path& nvidia) {
  std::vector<fs::path> folders;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(nvidia, ignored))
    folders.push_back(entry.path() / "lib");
  std::sort(folders.begin(), folders.end());
  return folders;
}

}  // namespace

std::vector<std::string> nvrtc_beside(const std::string& cudnn_file) {
  std::error_code ignored;
  const fs::path real = fs::canonical(cudnn_file, ignored);
  std::vector<fs::path> folders{fs::path(cudnn_file).parent_path(), real.parent_path()};
  const fs::path nvidia = real.parent_path().parent_path().parent_path();
  if (nvidia.filename() == "nvidia")
    for (fs::path& folder : packages_of(nvidia)) folders.push_back(std::move(folder));
  for (const fs::path& folder : folders)
    if (auto files = nvrtc_in(folder); !files.empty()) return files;
  return {};
}

void open_nvrtc_beside(const std::string& cudnn_file) {
  for (const std::string& file : nvrtc_beside(cudnn_file))
    dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);  // one that does not open is not missed
}

}  // namespace engine
