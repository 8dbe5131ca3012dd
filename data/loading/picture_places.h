// Decides which pictures of a data set stay in device memory, and where. These are the first ones
// that fit, since every epoch visits each image once. It is decided batch by batch, in order, so it
// does not depend on the timing of threads.
#pragma once
#include "data/dataset.h"
#include "data/loading/augment_crop.h"
#include "data/loading/batch.h"

namespace data {

class PicturePlaces {
 public:
  // `input` is the network's: a picture that is larger than its slots is not kept. `capacity`: of
  // the cache in bytes.
  PicturePlaces(const Dataset& dataset, PictureSize input, uint64_t capacity);

  // How a row of the next batch uses the cache: it keeps a picture that occurs for the first time,
  // reads one that is there, or neither.
  CacheUse next_use(int64_t image);
  // The batch whose row keeps this picture was uploaded, so later batches may read it.
  void arrived(int64_t image);

  int64_t pictures() const { return pictures_; }  // that later batches may read

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

// What a cache of all pictures would need, without those that are larger than a slot.
struct CacheNeed {
  uint64_t bytes = 0;
  int64_t pictures = 0;
};
CacheNeed cache_need(const Dataset& dataset, PictureSize input);

}  // namespace data
