// Makes batches for a model from image files that belong to no data set.
#pragma once
#include <functional>
#include <future>
#include <string>
#include <vector>

#include "data/image/file_traits.h"
#include "data/image/picture.h"
#include "data/loading/batch.h"
#include "data/loading/stage_image.h"

namespace run {

struct ImageBatchOptions {
  int batch_size = 1;
  int max_boxes = 1;  // how many boxes the batch has room for; there are none in it
  data::PictureSize input{320, 320};
  int threads = 0;             // that read and decode; if 0, one per core
  bool keep_pictures = false;  // whether the decoded pictures are kept, to draw into them
  data::ExifPolicy exif = data::ExifPolicy::upright;
};

struct ImageBatch {
  data::Batch batch;               // image_index is that of the file, or -1 if there is no image
  std::vector<uint8_t> pixels;     // to which batch.pixels refers
  std::vector<std::string> files;  // [N]: of the images
  std::vector<data::Picture> pictures;   // [N]: the decoded pictures, or empty ones if not kept
  std::vector<std::string> problems;     // [N]: why an image cannot be read, or empty
  std::vector<int> orientations;         // [N]: that of EXIF, or 1 if it is not known
  std::vector<data::FileTraits> traits;  // [N]: what the files hold beside that
};

// Returns the next files, at most `most`, and none at the end. It may wait for them.
using ImageSource = std::function<std::vector<std::string>(size_t most)>;

// Reads all files in order, and scales them as in evaluation. While a batch is in use, the next one
// is read.
class ImageBatches {
 public:
  // `source` is called from another thread, never twice at a time.
  ImageBatches(ImageSource source, const ImageBatchOptions& options);
  ImageBatches(std::vector<std::string> files, const ImageBatchOptions& options);

  // Returns the next batch, which is valid until the next call, or null after the last file. A file
  // that cannot be read is a row without an image and not an error. Throws what the source throws.
  ImageBatch* next();

 private:
  void read(ImageBatch& images);
  void read_row(ImageBatch& images, size_t row) const;
  void start_reading();

  const ImageSource source_;
  const ImageBatchOptions options_;
  ImageBatch batches_[2];
  size_t read_ = 0;            // files
  size_t given_ = 0;           // batches returned
  std::future<void> reading_;  // is the last member, so that its thread ends before the others
};

}  // namespace run
