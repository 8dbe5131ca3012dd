// Finds the size to which images were resized for a network, from boxes in those pixels.
#pragma once
#include <span>
#include <vector>

#include "data/dataset.h"
#include "data/metrics/detections.h"

namespace data {

// How an image lies in a frame: over all of it, or in its own proportions, in the middle or at the
// left top corner.
enum class Lies { stretched, in_middle, in_corner };

// The pixels of a resized image.
struct Frame {
  double width = 0, height = 0;
  Lies lies = Lies::stretched;

  Detection in_image(Detection d, const ImageEntry& image) const;
};

// A detection, as it is read in one way, with the image and the objects that it may belong to.
struct Candidate {
  Detection detection;
  const ImageEntry* image;
  std::span<const Object> objects;
};

// Returns the frame that fits most pairs of a box and an object of its class. If none fits, its
// size is 0.
Frame likely_frame(const std::vector<Candidate>& candidates, Lies lies);

}  // namespace data
