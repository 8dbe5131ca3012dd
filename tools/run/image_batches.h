// Makes batches for a model from image files that belong to no data set.
#pragma once
#include <future>
#include <string>
#include <vector>

#include "data/image/image.h"
#include "data/loading/batch.h"
#include "data/loading/stage_image.h"

namespace run {

struct ImageBatchOptions {
  int batch_size = 1;
  int max_boxes = 1;  // the batch has room for so many, but stays without boxes
  data::PictureSize input{320, 320};
  int threads = 0;             // that read and decode; if 0, one per core
  bool keep_pictures = false;  // whether the decoded pictures are kept, to draw into them
  data::ExifPolicy exif = data::ExifPolicy::upright;
};

struct ImageBatch {
  data::Batch batch;                  // image_index is that of the file, or -1 if there is no image
  std::vector<uint8_t> pixels;        // to which batch.pixels refers
  std::vector<data::Image> pictures;  // [N]: the decoded pictures, or empty ones if not kept
  std::vector<std::string> problems;  // [N]: why an image cannot be read, or empty
  std::vector<int> orientations;      // [N]: that of EXIF, or 1 if it is not known
};

// Reads all files in order, and scales them as in evaluation. While a batch is in use, the next one
// is read.
class ImageBatches {
 public:
  ImageBatches(std::vector<std::string> files, const ImageBatchOptions& options);

  // Returns the next batch, which is valid until the next call, or null after the last file. A file
  // that cannot be read is a row without an image and not an error.
  const ImageBatch* next();

 private:
  void read(ImageBatch& slot, size_t first) const;
  void read_row(ImageBatch& slot, size_t first, size_t row) const;
  void start_reading();

  const std::vector<std::string> files_;
  const ImageBatchOptions options_;
  ImageBatch slots_[2];
  size_t given_ = 0, begun_ = 0;  // batches returned, and those of which reading began
  std::future<void> reading_;     // is the last member, so that its thread ends before the others
};

}  // namespace run
