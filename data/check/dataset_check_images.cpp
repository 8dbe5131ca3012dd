#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <utility>

#include "data/check/dataset_check.h"
#include "data/check/image_lookup.h"
#include "data/encoded_image.h"
#include "engine/base/error.h"
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
    ImageHead head;
    if (!look_up_image(dataset_, image_, head, found_)) return;
    check_head(head);
    try {
      // Reused by all images that this thread decodes.
      thread_local Image pixels;
      decode_image_into(read_encoded_image(dataset_, image_), where_, {}, pixels);
    } catch (const base::Error& error) {
      add(ProblemKind::unreadable_image, error.what());
    }
  }

 private:
  void check_head(const ImageHead& head) {
    if (head.png && has_jpeg_name(image_.file_name))
      add(ProblemKind::png_named_jpeg, "a PNG picture");
    if (head.header.components <= 2) add(ProblemKind::grayscale, "one channel");
    if (head.header.components == 4 && !head.png) add(ProblemKind::cmyk, "four channels");
    if (head.orientation != 1)
      add(ProblemKind::exif_rotated,
          fmt::format("EXIF orientation {}, read without turning", head.orientation));
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
