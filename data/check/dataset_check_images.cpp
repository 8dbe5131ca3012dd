#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <utility>

#include "data/check/copies.h"
#include "data/check/dataset_check.h"
#include "data/check/image_lookup.h"
#include "data/encoded_image.h"
#include "data/image/file_traits.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
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

// Checks one image, whose head can be read, by decoding it.
class PixelChecker {
 public:
  PixelChecker(const Dataset& dataset, const ImageEntry& image, const ImageHead& head, Found& found)
      : dataset_(dataset),
        image_(image),
        head_(head),
        where_(image_location(dataset, image)),
        found_(found) {}

  void check(LabelFrame frame) {
    check_kind();
    if (head_.orientation != 1) check_frame(frame);
    try {
      // Reused by all images that this thread decodes.
      thread_local Picture pixels;
      decode_image_into(dataset_, image_, where_, {}, pixels);
      if (head_.bits == 16) check_range(pixels);
      check_colours(pixels);
    } catch (const base::Error& error) {
      add(ProblemKind::unreadable_image, error.what());
    }
  }

 private:
  void check_kind() {
    if (head_.png && has_jpeg_name(image_.file_name))
      add(ProblemKind::png_named_jpeg, "a PNG picture");
    if (head_.pictures > 1)
      add(ProblemKind::several_pictures, fmt::format("{} pictures", head_.pictures));
    if (head_.components <= 2) add(ProblemKind::grayscale, "one channel");
    if (head_.components == 4 && !head_.png) add(ProblemKind::cmyk, "four channels");
    if (head_.alpha) add(ProblemKind::transparent, "transparency");
  }

  void check_frame(LabelFrame frame) {
    const std::string orientation = fmt::format("EXIF orientation {}", head_.orientation);
    if (dataset_.policy.exif == ExifPolicy::stored)
      return add(ProblemKind::exif_ignored, orientation + ", read as stored");
    add(ProblemKind::exif_rotated, orientation + ", turned upright");
    if (frame == LabelFrame::stored)
      add(ProblemKind::stored_frame, orientation + "; the labels are turned with the picture");
    if (frame == LabelFrame::unclear)
      add(ProblemKind::unclear_frame,
          orientation +
              "; the annotated size fits the turned and the stored picture: look at "
              "them with `ssddata show`, then give --exif upright or --exif stored");
  }

  // An image without boxes may be empty, and one pixel has one colour.
  void check_colours(const Picture& pixels) {
    const auto& rgb = pixels.rgb;
    if (image_.object_count == 0 || rgb.size() == 3 ||
        !std::equal(rgb.begin() + 3, rgb.end(), rgb.begin()))
      return;
    add(ProblemKind::one_colour,
        fmt::format("every pixel is ({}, {}, {}), but it has {}", rgb[0], rgb[1], rgb[2],
                    base::counted(image_.object_count, "box")));
  }

  void check_range(const Picture& pixels) {
    const int highest = *std::max_element(pixels.rgb.begin(), pixels.rgb.end());
    if (!FileTraits{.sixteen_bits = true, .highest = highest}.nearly_black())
      return add(ProblemKind::sixteen_bits, "16 bits per channel, rounded to 8");
    add(ProblemKind::dark_sixteen_bits,
        fmt::format("16 bits per channel, of whose range {:.1f} % is used: read as 0..{} of 255",
                    highest / 2.55, highest));
  }

  void add(ProblemKind kind, std::string text) {
    if (text.starts_with(where_ + ": ")) text.erase(0, where_.size() + 2);  // the report names it
    Problem problem{kind, where_};
    problem.text = std::move(text);
    found_.push_back(std::move(problem));
  }

  const Dataset& dataset_;
  const ImageEntry& image_;
  const ImageHead& head_;
  std::string where_;
  Found& found_;
};

}  // namespace

FrameReport check_images(Dataset& dataset, int threads, Problems& problems) {
  ImageFiles files = look_at_files(dataset, threads);
  FrameReport frames = settle_label_frames(dataset, files.heads);
  base::for_each_parallel(dataset.images.size(), threads, [&](size_t i) {
    if (files.heads[i].usable)
      PixelChecker(dataset, dataset.images[i], files.heads[i], files.problems[i])
          .check(frames.frames[i]);
  });
  find_copies(dataset, files);
  for (Found& of_image : files.problems)
    for (Problem& problem : of_image) problems.add(std::move(problem));
  return frames;
}

}  // namespace data
