// A model that looks for some classes in images, by the rules that a user chose.
#pragma once
#include <vector>

#include "data/check/label_frame.h"
#include "data/check/odd_pictures.h"
#include "tools/detect/detect_images.h"
#include "tools/detect/detected_image.h"
#include "tools/run/image_batches.h"

namespace tools {

// How images are read: as the user says, or as the model was trained.
data::ExifPolicy exif_policy(const DetectJob&, const run::ModelFile&);

class Detection {
 public:
  // Makes the model ready for batches of `batch_size` images. `job` and `file` must outlive this.
  // Throws Error(usage) if the model lacks one of job.classes, and Error(checkpoint or resources).
  Detection(const DetectJob& job, const run::ModelFile& file, int batch_size);

  run::ImageBatchOptions batch_options() const;
  // The number of threads that make pictures of what is found: one per core, or one if no pictures
  // are wanted.
  int finishing_threads() const;
  // Returns what is found in each image of the batch, in order. Moves the pictures out of the
  // batch.
  std::vector<DetectedImage> find(run::ImageBatch& batch);
  // Lines that say how many images were turned as EXIF says, and which files show less than they
  // hold.
  std::vector<std::string> remarks() const;

 private:
  config::EvalConfig evaluation() const;
  std::vector<int> columns() const;
  std::vector<NamedBox> in_pixels(const std::vector<run::FoundBox>&, double width,
                                  double height) const;

  const DetectJob& job_;
  const int batch_size_;
  std::vector<const run::ModelClass*> by_column_;  // null: not wanted, or no class has it
  data::FrameReport frames_;
  run::LoadedModel model_;
  run::Inference* inference_;
  data::OddPictures odd_;
};

}  // namespace tools
