// In which frame the labels of turned pictures were made: that of the upright picture, which
// labelling tools show, or that of the stored pixels, which many programs read.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace data {

// What one image's file says before it is decoded.
struct ImageHead {
  bool usable = false;        // it has a readable head; else the rest has no meaning
  int width = 0, height = 0;  // as stored
  int components = 0;         // as in ImageHeader
  int bits = 8;               // per component
  bool alpha = false;         // some pixels may be transparent
  int orientation = 1;        // of EXIF
  bool png = false;
  bool linked = false;  // the file is a symbolic link
};

// Whether the annotated size is that of the upright, or of the stored picture: both for pictures
// that no orientation exchanges the sides of, and for squares.
bool has_upright_size(const ImageEntry& image, const ImageHead& head);
bool has_stored_size(const ImageEntry& image, const ImageHead& head);

enum class LabelFrame {
  plain,    // no orientation: there is one frame
  upright,  // of the turned picture
  stored,   // of the stored pixels
  unclear,  // the annotated size fits both, and nothing else tells; it has labels
};

struct FrameReport {
  ExifPolicy policy = ExifPolicy::upright;
  int64_t images = 0;              // all of them
  int64_t oriented = 0;            // that EXIF wants to be turned
  int64_t labels_turned = 0;       // of these, labelled in the stored frame
  int64_t unclear = 0;             // of these, with labels whose frame nothing tells
  bool mixed = false;              // some sizes are those of upright, some of stored pictures
  std::vector<LabelFrame> frames;  // by image: what its labels were made for

  // "8 of 20 images are turned upright, as their EXIF orientation says (data.exif=upright)", and
  // what was done to labels; empty when no image has an orientation.
  std::string in_words() const;
};

// Makes the labels fit the pictures that the data set's policy gives. Under `upright`, the sizes
// and boxes of images that were annotated in the stored frame are turned. A picture whose annotated
// size fits both frames goes with those whose size tells: when all of them were annotated in the
// stored frame, it was, too; else its labels are taken for upright. Under `stored` nothing changes.
// heads: one per image.
FrameReport settle_label_frames(Dataset& dataset, const std::vector<ImageHead>& heads);

}  // namespace data
