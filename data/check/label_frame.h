// Finds out for which frame the labels of a turned picture were made: the upright picture, which
// labelling tools show, or the stored pixels, which many programs read.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace data {

// What one image's file says before it is decoded.
struct ImageHead {
  bool usable = false;        // the file's head can be read; else the rest has no meaning
  int width = 0, height = 0;  // as stored
  int components = 0;         // as in ImageHeader
  int bits = 8;               // per component
  bool alpha = false;         // some pixels may be transparent
  int orientation = 1;        // of EXIF
  bool png = false;
  bool linked = false;   // the file is a symbolic link
  uint64_t content = 0;  // content_mark of the file; 0: not known
  int64_t pictures = 1;  // as in FileTraits
};

// Whether the annotated size is that of the upright picture, or that of the stored one. Both are
// true for squares, and if the orientation does not exchange the sides.
bool has_upright_size(const ImageEntry& image, const ImageHead& head);
bool has_stored_size(const ImageEntry& image, const ImageHead& head);

enum class LabelFrame {
  plain,    // the file has no orientation, so both frames are the same
  upright,  // made for the turned picture
  stored,   // made for the stored pixels
  unclear,  // there are labels, the annotated size fits both frames, and nothing else tells
};

struct FrameReport {
  ExifPolicy policy = ExifPolicy::upright;
  std::string prefix = "--";  // as Dataset::prefix
  int64_t images = 0;         // all of them
  int64_t oriented = 0;       // images that EXIF wants to be turned
  int64_t labels_turned = 0;  // how many of these were labelled in the stored frame
  int64_t unclear = 0;        // how many of these have labels of an unclear frame
  bool mixed = false;  // some annotated sizes fit upright pictures only, others stored ones only
  std::vector<LabelFrame> frames;  // by image

  // "8 of 20 images are turned upright, as their EXIF orientation says (--exif upright)", and
  // what was done to labels. Empty if no image has an orientation.
  std::string in_words() const;
};

// Makes the labels fit the pictures that the data set's policy gives. Under `upright`, the sizes
// and boxes of images that were annotated in the stored frame are turned. A picture whose annotated
// size fits both frames goes with those whose size tells: if all of those were annotated in the
// stored frame, it was, too; else its labels are taken for upright. Under `stored` nothing changes.
// heads: one per image.
FrameReport settle_label_frames(Dataset& dataset, const std::vector<ImageHead>& heads);

}  // namespace data
