// Looks at the file of every image without decoding it: a training run does so before its first
// step, and `ssddata check` before it decodes.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "data/image/image_file.h"
#include "data/problem.h"

namespace data {

struct FileLookup {
  int64_t images = 0;
  int64_t unusable = 0;   // images with a problem below
  Problems problems{20};  // missing_file, outside_folder, unreadable_image, size_mismatch
  double seconds = 0;

  // One line for a log: how many images were looked up, how long it took, and what is wrong with
  // how many of them.
  std::string in_words() const;
  // "photos/a.jpg: not found in photos"; empty when every image can be used.
  std::string first_problem() const;
};

// Opens every image's file or record: it has to exist, to be a regular file within the limits, to
// begin as a JPEG or PNG picture of the annotated size, and to have its end. The problems come in
// the order of the images, each image has one at most. threads: 0 means one per core.
FileLookup look_up_images(const Dataset& dataset, int threads);

// What one image's file says before it is decoded.
struct ImageHead {
  ImageHeader header;
  int orientation = 1;  // of EXIF
  bool png = false;
};

// The head of one image. Adds to `found` what is wrong with the file, and returns false where it
// has no readable head.
bool look_up_image(const Dataset& dataset, const ImageEntry& image, ImageHead& head,
                   std::vector<Problem>& found);

}  // namespace data
