#include "tools/image_files.h"

#include <algorithm>
#include <filesystem>
#include <set>

#include "engine/base/error.h"

namespace tools {

namespace fs = std::filesystem;
using base::ExitCode, base::fail;

namespace {

std::string lower_extension(const fs::path& path) {
  std::string extension = path.extension().string();
  for (char& c : extension)
    if (c >= 'A' && c <= 'Z') c = char(c - 'A' + 'a');
  return extension;
}

void add_folder(const fs::path& folder, std::vector<std::string>& out) {
  static const std::set<std::string> kEndings{".jpg", ".jpeg", ".png"};
  const size_t first = out.size();
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code unknown;
    if (kEndings.contains(lower_extension(entry->path())) && !entry->is_directory(unknown))
      out.push_back(entry->path().string());
  }
  if (error) fail(ExitCode::data, folder.string(), ": cannot read the folder: ", error.message());
  std::sort(out.begin() + std::ptrdiff_t(first), out.end());
}

}  // namespace

std::vector<std::string> find_images(const std::vector<std::string>& files_and_folders) {
  std::vector<std::string> images;
  for (const std::string& path : files_and_folders) {
    std::error_code unknown;
    if (fs::is_directory(path, unknown))
      add_folder(path, images);
    else
      images.push_back(path);
  }
  return images;
}

std::vector<std::string> picture_names(const std::vector<std::string>& images,
                                       const std::string& folder) {
  std::vector<std::string> names;
  std::set<std::string> used;
  for (const std::string& image : images) {
    const std::string ending = lower_extension(image) == ".png" ? ".png" : ".jpg";
    const std::string stem = (fs::path(folder) / fs::path(image).stem()).string();
    std::string name = stem + ending;
    for (int i = 2; !used.insert(name).second; ++i) name = base::concatenate(stem, "_", i, ending);
    names.push_back(name);
  }
  return names;
}

}  // namespace tools
