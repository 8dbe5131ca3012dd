// Writes a synthetic data set in COCO form, for demonstrations and tests without a download.
#pragma once
#include <filesystem>

#include "data/synthetic/shapes.h"

namespace data {

inline constexpr int kMostDrawn = 999'999;  // images of both parts: names have six digits

struct SyntheticOptions {
  SceneOptions scene;
  int train_images = 400, val_images = 80;
  int jpeg_quality = 90;
};

struct SyntheticCounts {
  int64_t train_objects = 0, val_objects = 0;
  int64_t crowded = 0;  // images in which scene.min_objects had no room
};

// Writes folder/images/000001.jpg and so on, folder/annotations/instances_train.json, and
// instances_val.json beside it. The same options give the same bytes. The folder appears whole or
// not at all. Throws Error(usage) if an option is out of range, or if the folder exists and is not
// empty, and Error(failed) if a file cannot be written.
SyntheticCounts write_synthetic(const std::filesystem::path& folder,
                                const SyntheticOptions& options);

}  // namespace data
