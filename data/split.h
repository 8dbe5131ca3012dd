// Divides the images of a data set into training and validation so that both have their share of
// every class.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace data {

struct SplitOptions {
  double fraction = 0.2;   // of the images, for validation, between 0 and 1
  int64_t count = 0;       // images for validation; 0: by the fraction
  bool by_folder = false;  // images of one folder stay together
  uint64_t seed = 0;
};

// Images that have a class, in both parts. `category` is an index into Dataset::categories.
struct ClassShare {
  int64_t training = 0, validation = 0;
};

struct Split {
  std::vector<bool> in_validation;       // [images]
  int64_t training = 0, validation = 0;  // images
  std::vector<ClassShare> classes;       // [categories]
};

// Iterative stratification: Sechidis, Tsoumakas, Vlahavas, "On the stratification of multi-label
// data", ECML PKDD 2011, algorithm 1, with three additions. A class that at least two images have
// is wanted in both parts, also where its share is less than an image. A part takes no more images
// than it should have, as long as the other has room: single images give the exact number, whole
// folders come as close as they can. Images with the same name stay together.
// The same seed gives the same split. Error(usage): a fraction or a count that leaves a part empty.
// Error(data): fewer than two images, or a single folder.
Split split_images(const Dataset&, const SplitOptions&);

}  // namespace data
