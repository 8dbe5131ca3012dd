// Pictures that are made of what a model found: with boxes drawn in, and cut out of the image.
#pragma once
#include <cstdint>
#include <vector>

#include "tools/detect/detected_image.h"
#include "tools/ground_truth.h"

namespace tools {

struct EncodedPictures {                    // PNG files for images that are named so, else JPEG
  std::vector<uint8_t> drawn;               // empty: not wanted
  std::vector<std::vector<uint8_t>> crops;  // of each box; empty: not wanted
};

class DetectionPictures {
 public:
  // If `drawn`, makes pictures with boxes; if `crops`, a picture of each box. The boxes of `truth`,
  // which may be null and must outlive this, are drawn beside those that were found.
  DetectionPictures(bool drawn, bool crops, const run::ClassList&, const GroundTruth* truth);

  // Several threads may call this at the same time.
  EncodedPictures make(const DetectedImage&) const;

 private:
  data::Picture draw(const DetectedImage&) const;
  data::Picture add_truth(const DetectedImage&, data::Picture found) const;

  const bool drawn_, crops_;
  const GroundTruth* truth_;
  const data::ClassColours colours_;
};

}  // namespace tools
