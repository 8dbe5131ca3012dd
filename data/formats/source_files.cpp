#include "data/formats/source_files.h"

#include <filesystem>

#include "data/formats/record_labels.h"

namespace data {
namespace {

namespace fs = std::filesystem;

// Adds all files below a folder that may hold labels, lists or names of VOC or YOLO.
void add_labels_below(const fs::path& folder, std::vector<std::string>& files) {
  std::error_code error;
  constexpr auto kOptions = fs::directory_options::skip_permission_denied;
  for (fs::recursive_directory_iterator entry(folder, kOptions, error), end; !error && entry != end;
       entry.increment(error))
    for (const char* ending : {".xml", ".txt", ".yaml", ".yml", ".names"})
      if (entry->path().extension() == ending) files.push_back(entry->path().string());
}

}  // namespace

std::vector<std::string> files_of(const Source& source, const Dataset& dataset) {
  std::vector<std::string> files = dataset.shards;
  for (const std::string* file : {&source.annotations, &source.names, &source.label_map})
    if (!file->empty()) files.push_back(*file);
  for (const std::string& file : label_maps_beside(dataset.shards)) files.push_back(file);
  for (const std::string* folder : {&source.voc, &source.yolo}) {
    if (folder->empty()) continue;
    files.push_back(*folder);  // perhaps a data.yaml
    add_labels_below(*folder, files);
    add_labels_below(dataset.image_folder, files);
  }
  for (const ImageEntry& image : dataset.images)
    if (image.shard < 0)
      files.push_back((fs::path(dataset.image_folder) / image.file_name).string());
  return files;
}

}  // namespace data
