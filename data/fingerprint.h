// A few numbers by which a data set is known again: whether its images, labels or files changed.
#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "data/dataset.h"

namespace data {

// All zero: unknown.
struct Fingerprint {
  int64_t images = 0, labels = 0;
  uint64_t names = 0;       // of the images and of the categories, in order
  uint64_t sizes = 0;       // width and height of the images
  uint64_t boxes = 0;       // of the objects, with their category and crowd flag
  uint64_t file_bytes = 0;  // sizes of the image files or record files

  bool known() const { return images > 0; }
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};

struct FingerprintPart {
  const char* name;
  uint64_t Fingerprint::*hash;
  const char* meaning;
};
inline constexpr std::array<FingerprintPart, 4> kFingerprintParts{
    {{"names", &Fingerprint::names, "names or order of images or classes"},
     {"sizes", &Fingerprint::sizes, "widths or heights of images"},
     {"boxes", &Fingerprint::boxes, "boxes"},
     {"file_bytes", &Fingerprint::file_bytes, "sizes of image files"}}};

// Reads no image: asks the file system for the size of each file. The folder's own name does not
// count. threads: 0 means one per core.
Fingerprint fingerprint_of(const Dataset&, int threads);

// "images 300 -> 310, labels 900 -> 912, boxes"; empty when equal.
std::string differences_in_words(const Fingerprint& before, const Fingerprint& now);

}  // namespace data
