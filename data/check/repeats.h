// Finds labels and images that a data set has more than once. They are trained and counted more
// often than the others.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "data/dataset.h"

namespace data {

// The objects of one image that have the class and the box of an earlier one, each with the nearest
// such object: pairs of indices (object, earlier object).
std::vector<std::pair<size_t, size_t>> repeated_boxes(std::span<const Object> objects);

struct Repeats {
  int64_t boxes = 0, repeated_boxes = 0;
  int64_t images = 0, repeated_images = 0;  // entries that name the file of an earlier entry

  bool many() const;  // more than 1 % of the boxes or of the images
  // How many there are of each kind, and what follows. Empty if nothing is repeated.
  std::string in_words() const;
};

// Goes over the labels once and opens no file. Images in records have no file of their own.
Repeats count_repeats(const Dataset& dataset);

}  // namespace data
