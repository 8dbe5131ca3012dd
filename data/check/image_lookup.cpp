#include "data/check/image_lookup.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string_view>
#include <utility>

#include "data/encoded_image.h"
#include "data/image/exif.h"
#include "engine/base/error.h"
#include "engine/base/worker_threads.h"

namespace data {
namespace {

// Enough for what stands before the pixels of all but a few pictures, and for the end's mark with
// what cameras append behind it.
constexpr size_t kHeadBytes = size_t{64} << 10, kTailBytes = size_t{4} << 10;

bool contains(const std::vector<uint8_t>& bytes, std::string_view mark) {
  return std::search(bytes.begin(), bytes.end(), mark.begin(), mark.end(),
                     [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); }) != bytes.end();
}

class Lookup {
 public:
  Lookup(const Dataset& dataset, const ImageEntry& image, std::vector<Problem>& found)
      : dataset_(dataset), image_(image), where_(image_location(dataset, image)), found_(found) {}

  bool look(ImageHead& head) {
    if (!is_there()) return false;
    try {
      read_head(head);
    } catch (const base::Error& error) {
      add(ProblemKind::unreadable_image, error.what());
      return false;
    }
    compare_size(head);
    return true;
  }

 private:
  bool is_there() {
    if (image_.shard >= 0) return true;
    try {
      std::error_code error;
      if (std::filesystem::exists(image_path(dataset_, image_), error)) return true;
      add(ProblemKind::missing_file, fmt::format("not found in {}", dataset_.image_folder));
    } catch (const base::Error& error) {
      add(ProblemKind::outside_folder, error.what());
    }
    return false;
  }

  void read_head(ImageHead& head) {
    const EncodedImage encoded(dataset_, image_);
    std::vector<uint8_t> bytes = encoded.read(0, kHeadBytes);
    try {
      head.header = read_image_header(bytes, where_);
    } catch (const base::Error&) {
      if (bytes.size() == encoded.size()) throw;
      bytes = encoded.read(0, encoded.size());  // its metadata are long, or it is damaged
      head.header = read_image_header(bytes, where_);
    }
    head.png = bytes[0] == 0x89;
    head.orientation = head.png ? 1 : exif_orientation(bytes);
    const size_t tail = std::min<size_t>(encoded.size(), kTailBytes);
    const std::string_view end = head.png ? "IEND" : "\xff\xd9";
    if (!contains(encoded.read(encoded.size() - tail, tail), end)) decode(encoded);
  }

  // Where the end's mark is not in its place, only decoding tells whether something is missing.
  void decode(const EncodedImage& encoded) {
    Image pixels;
    decode_image_into(encoded.read(0, encoded.size()), where_, {}, pixels);
  }

  void compare_size(const ImageHead& head) {
    const auto [width, height, components] = head.header;
    if (width == image_.width && height == image_.height) return;
    const bool swapped = width == image_.height && height == image_.width;
    add(ProblemKind::size_mismatch,
        fmt::format("the picture is {} x {}, the annotations say {} x {}{}", width, height,
                    image_.width, image_.height,
                    swapped && swaps_sides(head.orientation)
                        ? "; they are meant for the turned picture"
                        : ""));
  }

  void add(ProblemKind kind, std::string text) {
    if (text.starts_with(where_ + ": ")) text.erase(0, where_.size() + 2);  // the report names it
    Problem problem{kind, where_};
    problem.text = std::move(text);
    found_.push_back(std::move(problem));
  }

  const Dataset& dataset_;
  const ImageEntry& image_;
  std::string where_;
  std::vector<Problem>& found_;
};

}  // namespace

bool look_up_image(const Dataset& dataset, const ImageEntry& image, ImageHead& head,
                   std::vector<Problem>& found) {
  return Lookup(dataset, image, found).look(head);
}

FileLookup look_up_images(const Dataset& dataset, int threads) {
  const auto start = std::chrono::steady_clock::now();
  FileLookup lookup;
  lookup.images = static_cast<int64_t>(dataset.images.size());
  std::vector<std::vector<Problem>> found(dataset.images.size());
  base::for_each_parallel(dataset.images.size(), threads, [&](size_t i) {
    ImageHead head;
    look_up_image(dataset, dataset.images[i], head, found[i]);
  });
  for (std::vector<Problem>& of_image : found) {
    lookup.unusable += !of_image.empty();
    for (Problem& problem : of_image) lookup.problems.add(std::move(problem));
  }
  lookup.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return lookup;
}

std::string FileLookup::first_problem() const {
  if (problems.kept().empty()) return "";
  const Problem& first = problems.kept().front();
  return first.where + ": " + first.text;
}

std::string FileLookup::in_words() const {
  std::string text = fmt::format("{} image files looked up in {:.2f} s", images, seconds);
  if (unusable == 0) return text;
  text += fmt::format(": {} cannot be used", unusable);
  for (int i = 0; i < kProblemKinds; ++i) {
    const auto kind = static_cast<ProblemKind>(i);
    if (const int64_t count = problems.count(kind); count > 0)
      text += fmt::format(", {} {}", count, rule_of(kind).name);
  }
  return text + "; the first: " + first_problem();
}

}  // namespace data
