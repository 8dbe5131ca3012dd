#include "data/formats/source_files.h"

#include <filesystem>

#include "data/formats/record_labels.h"
#include "engine/base/folder_walk.h"
#include "engine/base/tell.h"

namespace data {
namespace {

namespace fs = std::filesystem;

// Adds all files below a folder that may hold labels, lists or names.
void add_labels_below(const fs::path& folder, std::vector<std::string>& files) {
  const auto unseen = base::walk(folder, true, [&](const fs::directory_entry& entry) {
    for (const char* ending : {".xml", ".txt", ".yaml", ".yml", ".names"})
      if (entry.path().extension() == ending) files.push_back(entry.path().string());
    return true;
  });
  if (unseen.count > 0)
    base::tell("warning: " + unseen.in_words() +
               "; see to it that no output replaces label files there");
}

}  // namespace

std::vector<std::string> files_of(const Source& source, const Dataset& dataset) {
  std::vector<std::string> files = dataset.shards;
  for (const std::string* file : {&source.names, &source.label_map})
    if (!file->empty()) files.push_back(*file);
  for (const std::string& file : label_maps_beside(dataset.shards)) files.push_back(file);
  for (const Format& format : formats()) {
    if (!format.given_in(source) || format.takes_patterns()) continue;
    files.push_back(source.path());
    if (!format.has_label_files) continue;
    add_labels_below(source.path(), files);
    add_labels_below(dataset.image_folder, files);
  }
  for (const ImageEntry& image : dataset.images)
    if (image.shard < 0)
      files.push_back((fs::path(dataset.image_folder) / image.file_name).string());
  return files;
}

}  // namespace data
