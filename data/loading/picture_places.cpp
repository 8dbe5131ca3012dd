#include "data/loading/picture_places.h"

#include "data/loading/stage_image.h"

namespace data {

namespace {

// The bytes of a picture's place, rounded up for fast copies; 0 if the size is unknown or larger
// than a slot, through which every picture goes to the device. The size is the annotations', which
// is safe because read() refuses a picture of another size.
int64_t place_bytes(const ImageEntry& entry, PictureSize input) {
  constexpr int64_t kAlignment = 64;
  const int64_t slot = kernels::slot_bytes(input.height, input.width);
  if (entry.height < 1 || entry.width < 1) return 0;
  if (int64_t(entry.height) * entry.width > slot / 3) return 0;  // times 3 would overflow
  const int64_t bytes = whole_picture_bytes({entry.height, entry.width});
  if (bytes > slot) return 0;
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

PicturePlaces::PicturePlaces(const Dataset& dataset, PictureSize input, uint64_t capacity)
    : dataset_(dataset), input_(input), capacity_(capacity), places_(dataset.images.size()) {}

CacheUse PicturePlaces::next_use(int64_t image) {
  Place& place = places_[size_t(image)];
  const int64_t bytes = place_bytes(dataset_.images[size_t(image)], input_);
  if (place.filled) return {CacheUse::Kind::read, place.offset, bytes};
  // A picture whose place is reserved but not filled is on its way, or cannot be read.
  if (bytes == 0 || place.offset >= 0 || used_ + uint64_t(bytes) > capacity_) return {};
  place.offset = int64_t(used_);
  used_ += uint64_t(bytes);
  return {CacheUse::Kind::keep, place.offset, bytes};
}

void PicturePlaces::arrived(int64_t image) {
  places_[size_t(image)].filled = true;
  ++pictures_;
}

CacheNeed cache_need(const Dataset& dataset, PictureSize input) {
  CacheNeed need;
  for (const ImageEntry& entry : dataset.images) {
    const int64_t bytes = place_bytes(entry, input);
    need.bytes += uint64_t(bytes);
    need.pictures += bytes > 0;
  }
  return need;
}

}  // namespace data
