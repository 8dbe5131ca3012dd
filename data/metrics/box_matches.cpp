#include "data/metrics/box_matches.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "data/metrics/overlap.h"
#include "engine/base/error.h"

namespace data {
namespace {

// Matches the detections of one image and category.
class Matcher {
 public:
  Matcher(const Dataset& truth, std::span<const Detection> detections, const MatchRule& rule,
          std::vector<BoxMatch>& out)
      : truth_(truth), detections_(detections), rule_(rule), out_(out) {
    taken_.resize(truth.objects.size());
  }

  // `group` holds indices of detections, the best first.
  void match(std::span<const size_t> group) {
    for (size_t rank = 0; rank < group.size(); ++rank) {
      BoxMatch& match = out_[group[rank]];
      if (rank < rule_.limit) {
        take_object(detections_[group[rank]], match);
      } else {
        match.outcome = Outcome::ignored;
      }
    }
  }

 private:
  void take_object(const Detection& d, BoxMatch& match) {
    const ImageEntry& image = truth_.images[size_t(match.image)];
    bool in_crowd = false;
    for (uint32_t i = 0; i < image.object_count; ++i) {
      const size_t index = image.first_object + i;
      const Object& object = truth_.objects[index];
      if (object.category != d.category) continue;
      if (object.crowd) {
        in_crowd |= share_inside(d, object) >= rule_.iou;
        continue;
      }
      const double iou = box_iou(d, object);
      if (taken_[index] || iou < rule_.iou || iou < match.iou) continue;
      match.object = int64_t(index);
      match.iou = iou;
    }
    if (match.object >= 0) {
      taken_[size_t(match.object)] = true;
      match.outcome = Outcome::right;
    } else if (in_crowd) {
      match.outcome = Outcome::ignored;
    }
  }

  const Dataset& truth_;
  std::span<const Detection> detections_;
  const MatchRule& rule_;
  std::vector<BoxMatch>& out_;
  std::vector<bool> taken_;  // by object
};

std::vector<BoxMatch> with_images(const Dataset& truth, std::span<const Detection> detections) {
  std::unordered_map<int64_t, int64_t> index_of;
  for (size_t i = 0; i < truth.images.size(); ++i) index_of[truth.images[i].id] = int64_t(i);
  std::vector<BoxMatch> matches(detections.size());
  for (size_t i = 0; i < detections.size(); ++i) {
    const auto found = index_of.find(detections[i].image_id);
    SSD_CHECK(found != index_of.end(), "a detection in an unknown image");
    matches[i].image = found->second;
  }
  return matches;
}

}  // namespace

std::vector<BoxMatch> match_boxes(const Dataset& truth, std::span<const Detection> detections,
                                  const MatchRule& rule) {
  std::vector<BoxMatch> matches = with_images(truth, detections);
  std::vector<size_t> order(detections.size());
  std::iota(order.begin(), order.end(), size_t(0));
  const auto same_group = [&](size_t a, size_t b) {
    return matches[a].image == matches[b].image && detections[a].category == detections[b].category;
  };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (matches[a].image != matches[b].image) return matches[a].image < matches[b].image;
    if (detections[a].category != detections[b].category)
      return detections[a].category < detections[b].category;
    return detections[a].score > detections[b].score;
  });
  Matcher matcher(truth, detections, rule, matches);
  for (size_t first = 0, last = 0; first < order.size(); first = last) {
    while (last < order.size() && same_group(order[first], order[last])) ++last;
    matcher.match({order.data() + first, last - first});
  }
  return matches;
}

std::vector<OperatingPoint> operating_points(const Dataset& truth,
                                             std::span<const Detection> detections,
                                             std::span<const BoxMatch> matches) {
  constexpr size_t kPoints = 101;
  double least = 0, most = 1;
  for (const Detection& d : detections) {
    least = std::min(least, d.score);
    most = std::max(most, d.score);
  }
  std::vector<OperatingPoint> points(kPoints);
  for (size_t i = 0; i < kPoints; ++i) {
    points[i].score = std::lerp(least, most, double(i) / double(kPoints - 1));
    points[i].objects = std::count_if(truth.objects.begin(), truth.objects.end(),
                                      [](const Object& object) { return !object.crowd; });
  }
  for (size_t i = 0; i < detections.size(); ++i) {
    if (matches[i].outcome == Outcome::ignored) continue;
    const bool right = matches[i].outcome == Outcome::right;
    for (OperatingPoint& point : points) {
      if (detections[i].score < point.score) break;
      (right ? point.right : point.wrong) += 1;
    }
  }
  return points;
}

OperatingPoint best_point(std::span<const OperatingPoint> points) {
  size_t first = 0;
  for (size_t i = 1; i < points.size(); ++i)
    if (points[i].f1() > points[first].f1()) first = i;
  size_t last = first;
  while (last + 1 < points.size() && points[last + 1].f1() == points[first].f1()) ++last;
  return points[(first + last) / 2];
}

}  // namespace data
