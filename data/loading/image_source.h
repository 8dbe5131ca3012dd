// Decoded pictures of a data set, from files or records, with an optional cache in memory.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>

#include "data/dataset.h"
#include "data/image/image_file.h"

namespace data {

class ImageSource {
 public:
  // The data set must outlive the source. The cache holds up to `cache_bytes` of decoded pixels:
  // the first pictures that fit stay, since every epoch visits each image once.
  ImageSource(const Dataset& dataset, uint64_t cache_bytes, DecodeLimits limits = {});

  // The decoded picture of entry `index`: `scratch`, whose memory is reused, or a cached one. If
  // `keep`, it may go into the cache. Error(data) names a file that cannot be read or has another
  // size than the data set says. Threads may call this at the same time, each with its own scratch.
  std::shared_ptr<const Image> read(int64_t index, const std::shared_ptr<Image>& scratch,
                                    bool keep);

  uint64_t cached_bytes() const { return cached_bytes_; }
  int64_t decoded() const { return decoded_; }  // pictures; one that is decoded twice counts twice

 private:
  void decode(const ImageEntry& entry, Image& image) const;
  void store(int64_t index, const Image& image);

  const Dataset& dataset_;
  const uint64_t cache_limit_;
  const DecodeLimits limits_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<const Image>> cache_;  // by index; empty without a cache
  std::atomic<uint64_t> cached_bytes_ = 0;
  std::atomic<int64_t> decoded_ = 0;
};

// How messages name an entry: its path, or its record.
std::string name_of(const Dataset& dataset, const ImageEntry& entry);

}  // namespace data
