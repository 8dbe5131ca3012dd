// Which pictures of a data set stay in device memory, and where: the first ones that fit, since
// every epoch visits each image once. Decided batch by batch, in order, so that no thread's timing
// has a say.
#pragma once
#include "data/dataset.h"
#include "data/loading/augment_crop.h"
#include "data/loading/batch.h"

namespace data {

class PicturePlaces {
 public:
  // `input`: of the network, whose slots bound the pictures. `capacity`: of the cache in bytes.
  PicturePlaces(const Dataset& dataset, PictureSize input, uint64_t capacity);

  // What a row of the next batch has to do with the cache: keep a picture that is met for the first
  // time, read one that is there, or neither.
  CacheUse next_use(int64_t image);
  // The batch whose row was told to keep this picture was uploaded: later ones may read it.
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

// What a cache of all pictures would take, but those that are larger than a slot.
struct CacheNeed {
  uint64_t bytes = 0;
  int64_t pictures = 0;
};
CacheNeed cache_need(const Dataset& dataset, PictureSize input);

}  // namespace data
