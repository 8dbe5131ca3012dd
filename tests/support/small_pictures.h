// Data sets of small random pictures, in files.
#pragma once
#include <random>

#include "data/loading/loader.h"
#include "tests/support/paths.h"

namespace tests {

// Pictures of random sizes, `side` to `side` + 8, with up to four boxes each of two classes.
class SmallPictures {
 public:
  explicit SmallPictures(int count, int side = 24);
  void add(int width, int height);
  void damage(int i);

  TemporaryFolder folder;
  data::Dataset dataset;

 private:
  std::mt19937 random_{9};
};

// For them: an input of 16 x 20, so that most pictures fit in a slot, and some augmentation.
data::LoaderOptions small_options(int batch_size = 4);

}  // namespace tests
