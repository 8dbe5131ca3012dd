#include "data/fingerprint.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <xxhash.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <vector>

#include "engine/base/worker_threads.h"

namespace data {
namespace {

class Hash {
 public:
  Hash() : state_(XXH3_createState(), XXH3_freeState) { XXH3_64bits_reset(state_.get()); }

  template <class T> void add(T value) {
    static_assert(std::is_arithmetic_v<T>);
    XXH3_64bits_update(state_.get(), &value, sizeof value);
  }
  void add(const std::string& text) {
    add(uint64_t(text.size()));  // so that "ab", "c" is not "a", "bc"
    XXH3_64bits_update(state_.get(), text.data(), text.size());
  }
  uint64_t digest() const { return XXH3_64bits_digest(state_.get()); }

 private:
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state_;
};

int64_t bytes_of(const std::filesystem::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 ? int64_t(status.st_size) : -1;
}

// The size of each image file, or of each record file; -1 if there is no such file.
std::vector<int64_t> file_sizes(const Dataset& dataset, int threads) {
  const bool records = !dataset.shards.empty();
  std::vector<int64_t> sizes(records ? dataset.shards.size() : dataset.images.size());
  const std::filesystem::path folder = dataset.image_folder;
  base::for_each_parallel(sizes.size(), threads, [&](size_t i) {
    sizes[i] = bytes_of(records ? std::filesystem::path(dataset.shards[i])
                                : folder / dataset.images[i].file_name);
  });
  return sizes;
}

void add_object(const Object& o, Hash& boxes) {
  boxes.add(o.category);
  boxes.add(char(o.crowd));
  for (double value : {o.x, o.y, o.width, o.height}) boxes.add(value);
}

}  // namespace

uint64_t content_mark(uint64_t size, std::span<const uint8_t> tail) {
  return std::max<uint64_t>(XXH3_64bits_withSeed(tail.data(), tail.size(), size), 1);
}

Fingerprint fingerprint_of(const Dataset& dataset, int threads) {
  Hash names, sizes, boxes, files;
  for (const Category& category : dataset.categories) names.add(category.name);
  for (const ImageEntry& image : dataset.images) {
    names.add(image.file_name);
    sizes.add(image.width), sizes.add(image.height);
    boxes.add(image.object_count);
    for (const Object& object : dataset.objects_of(image)) add_object(object, boxes);
  }
  for (int64_t bytes : file_sizes(dataset, threads)) files.add(bytes);
  return {.images = int64_t(dataset.images.size()),
          .labels = int64_t(dataset.objects.size()),
          .names = names.digest(),
          .sizes = sizes.digest(),
          .boxes = boxes.digest(),
          .file_bytes = files.digest()};
}

std::string differences_in_words(const Fingerprint& before, const Fingerprint& now) {
  std::string text;
  auto add = [&](const std::string& difference) {
    text += (text.empty() ? "" : ", ") + difference;
  };
  if (before.images != now.images) add(fmt::format("images {} -> {}", before.images, now.images));
  if (before.labels != now.labels) add(fmt::format("labels {} -> {}", before.labels, now.labels));
  for (const FingerprintPart& part : kFingerprintParts)
    if (before.*part.hash != now.*part.hash) add(part.meaning);
  return text;
}

}  // namespace data
