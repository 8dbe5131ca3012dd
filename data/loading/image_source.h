// Reads and decodes the images of a data set, from files or records, with an optional cache in host
// memory.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>

#include "data/dataset.h"
#include "data/image/image_file.h"

namespace data {

class ImageSource {
 public:
  // The data set must outlive the source. The cache holds up to `cache_bytes` of decoded pixels. It
  // keeps the first pictures that fit, because every epoch visits each image once.
  ImageSource(const Dataset& dataset, uint64_t cache_bytes, DecodeLimits limits = {});

  // Returns the picture of image `index`: a cached one, or `scratch`, into which it is decoded. If
  // `keep`, it may go into the cache. Throws Error(data), with the name of the file, if the image
  // cannot be read or has another size than the data set says. Threads may call this at the same
  // time, each with a `scratch` of its own.
  std::shared_ptr<const Picture> read(int64_t index, const std::shared_ptr<Picture>& scratch,
                                      bool keep);

  uint64_t cached_bytes() const { return cached_bytes_; }
  int64_t decoded() const { return decoded_; }  // how often an image was decoded

 private:
  void decode(const ImageEntry& entry, Picture& image) const;
  void store(int64_t index, const Picture& image);

  const Dataset& dataset_;
  const uint64_t cache_limit_;
  const DecodeLimits limits_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<const Picture>> cache_;  // [images], or empty if there is no cache
  std::atomic<uint64_t> cached_bytes_ = 0;
  std::atomic<int64_t> decoded_ = 0;
};

// The name of an image in messages: its path, or "shard:offset" if it lies in a record.
std::string name_of(const Dataset& dataset, const ImageEntry& entry);

}  // namespace data
