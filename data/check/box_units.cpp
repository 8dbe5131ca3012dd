#include "data/check/box_units.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "data/metrics/overlap.h"

namespace data {
namespace {

// Limits in sides of the image. Take objects that fill their images: if their corners are read as
// positions and sizes, two thirds of the boxes reach past the border by a few hundredths or more.
// Of their correct boxes, far fewer do.
constexpr double kPast = 1.02, kFar = 1.25;
constexpr double kMost = 1.1;  // of x2 and y2

// The largest IoU of the box with an object of its class.
double best_iou(const Detection& box, std::span<const Object> objects) {
  double best = 0;
  for (const Object& o : objects)
    if (o.category == box.category && !o.crowd) best = std::max(best, box_iou(box, o));
  return best;
}

// How well detections lie on objects of their class, in both readings.
struct Fit {
  // The detections that were tried, and how many of them could lie on an object of their own.
  int64_t tried = 0, most = 0;
  int64_t as_they_are = 0, as_corners = 0;  // of those tried, the ones with an IoU of 0.5 or more
  double sizes = 0, corners = 0;            // the sums of all IoU

  bool is_evidence() const {
    const int64_t more = std::max(as_they_are, as_corners);
    return more >= 3 && more * 10 >= most;
  }
};

Fit fit_of(std::span<const Detection> detections, const Dataset& truth) {
  constexpr double kFits = 0.5;
  // A sample is enough, and bounds the work for files with very many boxes of one image.
  constexpr size_t kDetections = 10'000, kObjects = 1'000;
  const size_t step = detections.size() / kDetections + 1;
  std::unordered_map<int64_t, const ImageEntry*> images;
  for (const ImageEntry& image : truth.images) images.emplace(image.id, &image);
  Fit fit;
  for (size_t i = 0; i < detections.size(); i += step) {
    const Detection& d = detections[i];
    ++fit.tried;
    const auto image = images.find(d.image_id);
    if (image == images.end()) continue;
    const auto all = truth.objects_of(*image->second);
    const auto objects = all.first(std::min(all.size(), kObjects));
    Detection corners = d;
    corners.width -= d.x, corners.height -= d.y;
    const bool sized = corners.width > 0 && corners.height > 0;
    const double sizes_iou = best_iou(d, objects);
    const double corners_iou = sized ? best_iou(corners, objects) : 0;
    fit.as_they_are += sizes_iou >= kFits, fit.as_corners += corners_iou >= kFits;
    fit.sizes += sizes_iou, fit.corners += corners_iou;
  }
  fit.most = std::min(fit.tried, int64_t(truth.objects.size()));
  return fit;
}

}  // namespace

void BoxUnits::add(const ImageEntry& image, double x, double y, double width, double height) {
  if (image.width <= 4 || image.height <= 4 || !(width > 0) || !(height > 0)) return;
  ++boxes;
  const auto reaches = [&](double sides) {
    return x + width >= std::max(sides * image.width, image.width + 1.0) ||
           y + height >= std::max(sides * image.height, image.height + 1.0);
  };
  past_border += reaches(kPast);
  far_past += reaches(kFar);
  as_corners += width > x && height > y && width <= kMost * image.width + 1.0 &&
                height <= kMost * image.height + 1.0;
  in_unit += std::max({x, y, width, height}) <= 1;
}

BoxUnits count_box_units(const Dataset& dataset) {
  BoxUnits units;
  for (const ImageEntry& image : dataset.images)
    for (const Object& o : dataset.objects_of(image)) units.add(image, o.x, o.y, o.width, o.height);
  return units;
}

BoxUnits count_box_units(std::span<const Detection> detections, const Dataset& truth) {
  std::unordered_map<int64_t, const ImageEntry*> images;
  for (const ImageEntry& image : truth.images) images.emplace(image.id, &image);
  BoxUnits units;
  for (const Detection& d : detections)
    if (const auto image = images.find(d.image_id); image != images.end())
      units.add(*image->second, d.x, d.y, d.width, d.height);
  return units;
}

std::string units_in_words(std::span<const Detection> detections, const Dataset& truth) {
  const BoxUnits units = count_box_units(detections, truth);
  const Fit fit = fit_of(detections, truth);
  if (units.look_like_unit() || !fit.is_evidence()) return units.in_words();
  // If boxes reach past the border, as corners do, it is enough that corners fit better. Otherwise
  // twice as many have to lie on an object, because large objects are met in both readings.
  const bool hint = units.look_like_corners() || units.may_be_corners();
  const bool better = hint ? fit.corners > fit.sizes : fit.as_corners > 2 * fit.as_they_are;
  if (!better) return "";
  return fmt::format(
      "the boxes look like corners: as [x, y, width, height], {} of {} lie on an object of their "
      "class, and as [x1, y1, x2, y2], {} do; subtract x1 and y1 from the last two",
      fit.as_they_are, fit.tried, fit.as_corners);
}

bool BoxUnits::look_like_corners() const {
  return boxes >= 3 && as_corners * 100 >= boxes * 95 && past_border >= 2 &&
         past_border * 10 >= boxes * 3;
}

bool BoxUnits::may_be_corners() const {
  if (look_like_corners() || boxes < 3 || as_corners * 100 < boxes * 95) return false;
  return (past_border >= 2 && past_border * 20 >= boxes * 3) ||
         (far_past >= 2 && far_past * 100 >= boxes * 3);
}

bool BoxUnits::look_like_unit() const { return boxes >= 3 && in_unit * 10 >= boxes * 9; }

std::string BoxUnits::in_words() const {
  if (look_like_unit())
    return fmt::format(
        "the boxes look like 0..1: {} of {} have no value above 1, expected [x, y, width, height] "
        "in pixels; multiply them by the sides of their images",
        in_unit, boxes);
  if (!look_like_corners() && !may_be_corners()) return "";
  return fmt::format(
      "the boxes {} corners: {} of {} reach past the border as [x, y, width, height], and {} fit "
      "as [x1, y1, x2, y2]; {}subtract x1 and y1 from the last two",
      look_like_corners() ? "look like" : "may be", past_border, boxes, as_corners,
      look_like_corners() ? "" : "if they are, ");
}

}  // namespace data
