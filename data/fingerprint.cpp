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

constexpr const char* kOtherPictures = "pictures in files of the same names and sizes";

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

// Of one image with its labels. Classes count by name, so that their order does not.
uint64_t content_of(const Dataset& dataset, const ImageEntry& image, int64_t file_bytes) {
  Hash hash;
  hash.add(image.file_name);
  for (const int64_t number : {int64_t(image.width), int64_t(image.height), file_bytes})
    hash.add(number);
  for (const Object& o : dataset.objects_of(image)) {
    hash.add(dataset.categories[size_t(o.category)].name);
    hash.add(char(o.crowd));
    for (const double value : {o.x, o.y, o.width, o.height}) hash.add(value);
  }
  return hash.digest();
}

// Called if names differ. `only_order` becomes true if the hints show that only an order differs.
std::string other_names(const Fingerprint& before, const Fingerprint& now, bool& only_order) {
  only_order = false;
  if (before.classes == 0 || now.classes == 0) return kFingerprintParts[0].meaning;
  if (before.classes != now.classes) {
    only_order = before.content == now.content;
    return "names or order of classes";
  }
  only_order = before.content == now.content;
  return only_order ? "order of images" : "names or order of images";
}

uint64_t pictures_of(const Dataset& dataset, std::span<const uint64_t> contents) {
  uint64_t sum = 0;
  for (size_t i = 0; i < contents.size(); ++i) {
    Hash hash;
    hash.add(dataset.images[i].file_name);
    hash.add(contents[i]);
    sum += hash.digest();
  }
  return sum;
}

bool other_pictures(const Fingerprint& a, const Fingerprint& b) {
  return a.pictures != 0 && b.pictures != 0 && a.pictures != b.pictures;
}

}  // namespace

uint64_t content_mark(uint64_t size, std::span<const uint8_t> tail, int orientation) {
  constexpr int kAboveSizes = 56;  // bits
  const uint64_t turned = uint64_t(orientation > 1 ? orientation : 0) << kAboveSizes;
  return std::max<uint64_t>(XXH3_64bits_withSeed(tail.data(), tail.size(), size ^ turned), 1);
}

bool operator==(const Fingerprint& a, const Fingerprint& b) {
  bool equal = a.images == b.images && a.labels == b.labels;
  for (const FingerprintPart& part : kFingerprintParts) equal &= a.*part.hash == b.*part.hash;
  return equal && !other_pictures(a, b);
}

Fingerprint fingerprint_of(const Dataset& dataset, int threads,
                           std::span<const uint64_t> contents) {
  Hash names, sizes, boxes, files, classes;
  for (const Category& category : dataset.categories)
    names.add(category.name), classes.add(category.name);
  const std::vector<int64_t> bytes = file_sizes(dataset, threads);
  const bool records = !dataset.shards.empty();
  uint64_t content = 0;
  for (size_t i = 0; i < dataset.images.size(); ++i) {
    const ImageEntry& image = dataset.images[i];
    content += content_of(dataset, image, records ? int64_t(image.bytes) : bytes[i]);
    names.add(image.file_name);
    sizes.add(image.width), sizes.add(image.height);
    boxes.add(image.object_count);
    for (const Object& object : dataset.objects_of(image)) add_object(object, boxes);
  }
  for (const int64_t size : bytes) files.add(size);
  return {.images = int64_t(dataset.images.size()),
          .labels = int64_t(dataset.objects.size()),
          .names = names.digest(),
          .sizes = sizes.digest(),
          .boxes = boxes.digest(),
          .file_bytes = files.digest(),
          .classes = classes.digest(),
          .content = content,
          .pictures = pictures_of(dataset, contents)};
}

std::string differences_in_words(const Fingerprint& before, const Fingerprint& now) {
  std::string text;
  auto add = [&](const std::string& difference) {
    text += (text.empty() ? "" : ", ") + difference;
  };
  if (before.images != now.images) add(fmt::format("images {} -> {}", before.images, now.images));
  if (before.labels != now.labels) add(fmt::format("labels {} -> {}", before.labels, now.labels));
  if (before.names != now.names) {
    bool only_order = false;
    add(other_names(before, now, only_order));
    if (only_order && !other_pictures(before, now)) return text;
    if (only_order) return text + ", " + kOtherPictures;
  }
  for (const FingerprintPart& part : kFingerprintParts)
    if (part.hash != &Fingerprint::names && before.*part.hash != now.*part.hash) add(part.meaning);
  return text.empty() && other_pictures(before, now) ? kOtherPictures : text;
}

}  // namespace data
