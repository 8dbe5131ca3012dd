#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <utility>

#include "data/check/dataset_check.h"
#include "data/encoded_image.h"
#include "data/image/exif.h"
#include "data/image/image_file.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/worker_threads.h"

namespace data {
namespace {

using Found = std::vector<Problem>;

bool has_jpeg_name(const std::string& name) {
  std::string end = std::filesystem::path(name).extension().string();
  std::transform(end.begin(), end.end(), end.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return end == ".jpg" || end == ".jpeg";
}

class ImageChecker {
 public:
  ImageChecker(const Dataset& dataset, const ImageEntry& image, Found& found)
      : dataset_(dataset), image_(image), where_(image_location(dataset, image)), found_(found) {}

  void check() {
    if (!file_is_there()) return;
    try {
      std::vector<uint8_t> bytes = read_encoded_image(dataset_, image_);
      ImageHeader header = read_image_header(bytes, where_);
      check_header(header, bytes);
      // Reused by all images that this thread decodes.
      thread_local Image pixels;
      decode_image_into(bytes, where_, {}, pixels);
    } catch (const base::Error& error) {
      add(ProblemKind::unreadable_image, error.what());
    }
  }

 private:
  bool file_is_there() {
    if (image_.shard >= 0) return true;
    try {
      std::filesystem::path path = base::safe_join(dataset_.image_folder, image_.file_name);
      std::error_code error;
      if (std::filesystem::exists(path, error)) return true;
      add(ProblemKind::missing_file, fmt::format("not found in {}", dataset_.image_folder));
    } catch (const base::Error& error) {
      add(ProblemKind::outside_folder, error.what());
    }
    return false;
  }

  void check_header(const ImageHeader& header, const std::vector<uint8_t>& bytes) {
    bool png = bytes.size() > 4 && bytes[0] == 0x89 && bytes[1] == 'P';
    if (png && has_jpeg_name(image_.file_name)) add(ProblemKind::png_named_jpeg, "a PNG picture");
    if (header.components <= 2) add(ProblemKind::grayscale, "one channel");
    if (header.components == 4 && !png) add(ProblemKind::cmyk, "four channels");
    int orientation = png ? 1 : exif_orientation(bytes);
    if (orientation != 1)
      add(ProblemKind::exif_rotated,
          fmt::format("EXIF orientation {}, read without turning", orientation));
    if (header.width == image_.width && header.height == image_.height) return;
    bool swapped = header.width == image_.height && header.height == image_.width;
    add(ProblemKind::size_mismatch,
        fmt::format(
            "the picture is {} x {}, the annotations say {} x {}{}", header.width, header.height,
            image_.width, image_.height,
            swapped && swaps_sides(orientation) ? "; they are meant for the turned picture" : ""));
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
  Found& found_;
};

}  // namespace

void check_images(const Dataset& dataset, int threads, Problems& problems) {
  std::vector<Found> found(dataset.images.size());
  base::for_each_parallel(dataset.images.size(), threads, [&](size_t i) {
    ImageChecker(dataset, dataset.images[i], found[i]).check();
  });
  for (Found& of_image : found)
    for (Problem& problem : of_image) problems.add(std::move(problem));
}

}  // namespace data
