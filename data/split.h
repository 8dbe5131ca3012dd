// Divides the images of a data set into a training part and a validation part, so that both have
// their share of every class.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace data {

struct SplitOptions {
  double fraction = 0.2;   // of the images, for validation; above 0 and below 1
  int64_t count = 0;       // images for validation; if 0, the fraction decides
  bool by_folder = false;  // whether images of one folder stay together
  uint64_t seed = 0;
};

// How many images of each part have a class.
struct ClassShare {
  int64_t training = 0, validation = 0;
};

struct Split {
  std::vector<bool> in_validation;       // [images]
  int64_t training = 0, validation = 0;  // images
  std::vector<ClassShare> classes;       // [categories], in the order of Dataset::categories
};

// Splits by iterative stratification (Sechidis, Tsoumakas, Vlahavas, "On the stratification of
// multi-label data", ECML PKDD 2011, algorithm 1), with three additions:
//
// * If two images or more have a class, both parts should have it, even if its share of a part is
//   less than one image.
// * A part takes no more images than it should have while the other part has room. So with single
//   images the numbers are exact, and with whole folders they are as close as this rule allows.
// * Images with the same name stay together.
//
// The same seed gives the same split. Throws Error(usage) if the fraction or the count leaves a
// part empty, and Error(data) if there are fewer than two images or a single folder.
Split split_images(const Dataset&, const SplitOptions&);

}  // namespace data
