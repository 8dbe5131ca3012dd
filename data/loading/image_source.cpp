#include "data/loading/image_source.h"

#include "data/encoded_image.h"
#include "engine/base/error.h"

namespace data {

std::string name_of(const Dataset& dataset, const ImageEntry& entry) {
  if (entry.shard >= 0) return image_location(dataset, entry);
  return (std::filesystem::path(dataset.image_folder) / entry.file_name).string();
}

ImageSource::ImageSource(const Dataset& dataset, uint64_t cache_bytes, DecodeLimits limits)
    : dataset_(dataset), cache_limit_(cache_bytes), limits_(limits) {
  if (cache_bytes > 0) cache_.resize(dataset.images.size());
}

std::shared_ptr<const Picture> ImageSource::read(int64_t index,
                                                 const std::shared_ptr<Picture>& scratch,
                                                 bool keep) {
  if (!cache_.empty()) {
    std::lock_guard lock(mutex_);
    if (auto image = cache_[size_t(index)]) return image;
  }
  const ImageEntry& entry = dataset_.images[size_t(index)];
  decode(entry, *scratch);
  ++decoded_;
  if (scratch->width != entry.width || scratch->height != entry.height)
    base::fail(base::ExitCode::data, name_of(dataset_, entry), ": the picture is ", scratch->width,
               "x", scratch->height, ", the annotations say ", entry.width, "x", entry.height,
               "; expected equal sizes");
  if (keep && !cache_.empty()) store(index, *scratch);
  return scratch;
}

void ImageSource::decode(const ImageEntry& entry, Picture& image) const {
  decode_image_into(dataset_, entry, name_of(dataset_, entry), limits_, image);
}

void ImageSource::store(int64_t index, const Picture& image) {
  uint64_t bytes = image.rgb.size();
  if (cached_bytes_ + bytes > cache_limit_) return;  // checked again below, under the lock
  auto copy = std::make_shared<const Picture>(image);
  std::lock_guard lock(mutex_);
  if (cache_[size_t(index)] || cached_bytes_ + bytes > cache_limit_) return;
  cache_[size_t(index)] = std::move(copy);
  cached_bytes_ += bytes;
}

}  // namespace data
