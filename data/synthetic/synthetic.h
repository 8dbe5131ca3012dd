// A drawn data set in COCO form, for demonstrations and tests without any download.
#pragma once
#include <filesystem>

#include "data/synthetic/shapes.h"

namespace data {

struct SyntheticOptions {
  SceneOptions scene;
  int train_images = 400, val_images = 80;
  int jpeg_quality = 90;
};

struct SyntheticCounts {
  int64_t train_objects = 0, val_objects = 0;
};

// Writes folder/images/000001.jpg ..., folder/annotations/instances_train.json and
// instances_val.json. Equal options give equal bytes. The folder appears whole or not at all.
// Error(usage): options out of range, or a folder that exists and is not empty; Error(failed): I/O.
SyntheticCounts write_synthetic(const std::filesystem::path& folder,
                                const SyntheticOptions& options);

}  // namespace data
