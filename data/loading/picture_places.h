// Decides which pictures of a data set stay in device memory, and where. These are the first ones
// that fit, because every epoch visits each image once. The decision is made batch by batch, in
// order, so it does not depend on the timing of threads.
#pragma once
#include "data/dataset.h"
#include "data/loading/augment_crop.h"
#include "data/loading/batch.h"

namespace data {

class PicturePlaces {
 public:
  // `input` is the size of the network's input. It gives the size of a slot, and a picture that is
  // larger than a slot is not kept. `capacity` is that of the cache, in bytes.
  PicturePlaces(const Dataset& dataset, PictureSize input, uint64_t capacity);

  // Decides how a row of the next batch uses the cache: it reads a picture that is there, keeps one
  // that fits, or does neither.
  CacheUse next_use(int64_t image);
  // Says that this picture is in the cache now, so that later batches may read it.
  void arrived(int64_t image);

  int64_t pictures() const { return pictures_; }  // that are in the cache

 private:
  struct Place {
    int64_t offset = -1;
    bool filled = false;
  };

  const Dataset& dataset_;
  const PictureSize input_;
  const uint64_t capacity_;
  std::vector<Place> places_;  // by image
  uint64_t used_ = 0;
  int64_t pictures_ = 0;
};

// What a cache of all pictures would need. Pictures that are larger than a slot do not count.
struct CacheNeed {
  uint64_t bytes = 0;
  int64_t pictures = 0;
};
CacheNeed cache_need(const Dataset& dataset, PictureSize input);

}  // namespace data
