// A few numbers that tell whether the images, labels or files of a data set have changed.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "data/dataset.h"

namespace data {

// Two counts and four hashes, two more that tell a new order from new content, and one of the
// pictures themselves. All are zero if the data set is not known.
struct Fingerprint {
  int64_t images = 0, labels = 0;
  uint64_t names = 0;       // of images and categories, in order
  uint64_t sizes = 0;       // widths and heights of images
  uint64_t boxes = 0;       // boxes of objects, with their categories and crowd flags
  uint64_t file_bytes = 0;  // sizes of the image files or record files

  uint64_t classes = 0;  // names of categories, in order; 0 in checkpoints of earlier versions
  uint64_t content = 0;  // all images with labels and sizes, in any order; 0 there, too
  // All images with the marks of their files' contents, in any order; 0 in checkpoints of earlier
  // versions, and if no file was looked at.
  uint64_t pictures = 0;

  bool known() const { return images > 0; }
};

struct FingerprintPart {
  const char* name;  // in checkpoints
  uint64_t Fingerprint::*hash;
  const char* meaning;  // in messages
};
inline constexpr std::array<FingerprintPart, 4> kFingerprintParts{
    {{"names", &Fingerprint::names, "names or order of images or classes"},
     {"sizes", &Fingerprint::sizes, "widths or heights of images"},
     {"boxes", &Fingerprint::boxes, "boxes"},
     {"file_bytes", &Fingerprint::file_bytes, "sizes of image files"}}};

// Hashes that checkpoints of earlier versions lack. differences_in_words() uses the first two to
// say more exactly what has changed.
inline constexpr std::array<FingerprintPart, 3> kFingerprintHints{
    {{"classes", &Fingerprint::classes, "names or order of classes"},
     {"content", &Fingerprint::content, "images"},
     {"pictures", &Fingerprint::pictures, "pictures"}}};

// Whether counts and parts are equal, and the pictures, if both are known. Data sets without a
// difference have equal hints.
bool operator==(const Fingerprint&, const Fingerprint&);

// Computes the fingerprint. It reads no image, but asks the file system for the size of each file.
// The name of the image folder does not count. `contents`: the content_mark of each image's file
// (FileLookup::contents), or nothing. If `threads` is 0, there is one thread per core.
Fingerprint fingerprint_of(const Dataset&, int threads, std::span<const uint64_t> contents = {});

// A hash that tells encoded pictures apart, of their size, their last bytes and the orientation
// that their EXIF gives (1: as stored). The last bytes depend on all pixels in a PNG (its
// checksum), and on those at the lower border in a JPEG. It is never 0.
uint64_t content_mark(uint64_t size, std::span<const uint8_t> tail, int orientation);

// What has changed: "images 300 -> 310, labels 900 -> 912, boxes", or only "order of images". Empty
// if nothing has.
std::string differences_in_words(const Fingerprint& before, const Fingerprint& now);

}  // namespace data
