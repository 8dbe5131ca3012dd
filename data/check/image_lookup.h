// Looks at the file of every image without decoding it: a training run does so before its first
// step, and `ssddata check` before it decodes.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/check/label_frame.h"
#include "data/check/odd_pictures.h"
#include "data/dataset.h"
#include "data/problem.h"

namespace data {

struct FileLookup {
  int64_t images = 0;
  int64_t unusable = 0;            // images with a problem below
  int64_t linked = 0;              // images whose files are symbolic links
  Problems problems{20};           // missing_file, outside_folder, unreadable_image, size_mismatch
  FrameReport frames;              // of EXIF
  std::vector<uint64_t> contents;  // by image: content_mark of its file, or 0
  OddPictures odd;                 // of 16 bits per channel, a sample of up to 64 is decoded
  double seconds = 0;

  // One line for a log: how many images were looked up, how long that took, how many have each kind
  // of problem, and how many are links. frames.in_words() tells of EXIF, and odd.in_words() of odd
  // files.
  std::string in_words() const;
  // "photos/a.jpg: not found in photos"; empty when every image can be used.
  std::string first_problem() const;
};

// Opens every image's file or record. It has to exist, to be a regular file within the limits, to
// begin as a JPEG or PNG picture of the annotated size, and to have its end. The problems come in
// the order of the images, at most one for each. Then the labels are made to fit the pictures that
// the data set's EXIF policy gives (settle_label_frames). threads: 0 means one per core.
FileLookup look_up_images(Dataset& dataset, int threads);

// For so many missing files, from the first on, the problem also names a similar file that is
// there.
inline constexpr int64_t kSuggestions = 1000;

// What look_at_files() finds in each image's file. It leaves the labels as they are.
struct ImageFiles {
  std::vector<ImageHead> heads;
  std::vector<std::vector<Problem>> problems;
};
ImageFiles look_at_files(const Dataset& dataset, int threads);

}  // namespace data
