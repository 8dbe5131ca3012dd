#include "data/metrics/coco_eval.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <numeric>
#include <unordered_map>
#include <utility>

#include "data/class_limit.h"
#include "data/metrics/coco_curve.h"
#include "data/metrics/coco_match.h"
#include "data/metrics/coco_summary.h"
#include "engine/base/error.h"
#include "engine/base/worker_threads.h"

namespace data {
namespace {

constexpr int kThresholds = Evaluation::kThresholds, kRecalls = Evaluation::kRecalls;
constexpr int kAreas = Evaluation::kAreas, kLimits = Evaluation::kLimits;

template <class... Parts> [[noreturn]] void fail_data(const Parts&... parts) {
  base::fail(base::ExitCode::data, parts...);
}

// The indices of images or categories in ascending order of their ids.
template <class Entry>
std::vector<uint32_t> order_by_id(const std::vector<Entry>& entries, const char* what) {
  std::vector<uint32_t> order(entries.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](uint32_t a, uint32_t b) { return entries[a].id < entries[b].id; });
  for (size_t i = 1; i < order.size(); ++i)
    if (entries[order[i]].id == entries[order[i - 1]].id)
      fail_data(what, " id ", entries[order[i]].id, " occurs twice");
  return order;
}

void check_finite(const char* what, int64_t number, int64_t image_id,
                  std::initializer_list<double> values) {
  for (double value : values)
    if (!std::isfinite(value))
      fail_data(what, " ", number, " (image id ", image_id, "): ", value,
                " is not finite; expected finite boxes, areas and scores");
}

// Groups boxes by category. Images and categories are in the order of their ids.
class Grouping {
 public:
  Grouping(const Dataset& truth, const EvaluationOptions& options)
      : truth_(truth), categories_(order_by_id(truth.categories, "category")) {
    if (categories_.size() > kMostClasses)  // whose curves would take more than 1 GB
      fail_data(categories_.size(), " categories, expected at most ", kMostClasses);
    rank_of_category_.resize(categories_.size());
    for (size_t rank = 0; rank < categories_.size(); ++rank)
      rank_of_category_[categories_[rank]] = static_cast<uint32_t>(rank);
    objects_.resize(categories_.size());
    detections_.resize(categories_.size());
    take_objects(options);
  }

  void take_detections(std::span<const Detection> detections) {
    if (detections.size() > UINT32_MAX) fail_data("over 2^32 detections");
    for (size_t i = 0; i < detections.size(); ++i) {
      const Detection& d = detections[i];
      check_finite("detection", i, d.image_id, {d.x, d.y, d.width, d.height, d.score});
      auto image = rank_of_image_.find(d.image_id);
      if (image == rank_of_image_.end())
        fail_data("detection ", i, ": image id ", d.image_id, " is not among the annotated images");
      if (d.category < 0 || static_cast<size_t>(d.category) >= categories_.size())
        fail_data("detection ", i, ": category ", d.category, ", expected 0 to ",
                  categories_.size(), " - 1");
      detections_[rank_of_category_[d.category]].push_back(
          {image->second, 0, d.x, d.y, d.width, d.height, d.score});
    }
  }

  size_t size() const { return categories_.size(); }
  int32_t category(size_t rank) const { return static_cast<int32_t>(categories_[rank]); }
  const std::vector<TruthBox>& objects(size_t rank) const { return objects_[rank]; }
  std::vector<ScoredBox>& detections(size_t rank) { return detections_[rank]; }

 private:
  void take_objects(const EvaluationOptions& options) {
    std::vector<uint32_t> images = order_by_id(truth_.images, "image");
    rank_of_image_.reserve(images.size());
    for (size_t rank = 0; rank < images.size(); ++rank) {
      const ImageEntry& image = truth_.images[images[rank]];
      rank_of_image_.emplace(image.id, static_cast<uint32_t>(rank));
      for (const Object& o : truth_.objects_of(image)) {
        double area = options.reference_area ? o.width * o.height : o.area;
        check_finite("annotation", o.id, image.id, {o.x, o.y, o.width, o.height, area});
        SSD_CHECK(o.category >= 0 && static_cast<size_t>(o.category) < size(), "object ", o.id);
        objects_[rank_of_category_[o.category]].push_back({static_cast<uint32_t>(rank), o.crowd,
                                                           options.id_zero_is_missed && o.id == 0,
                                                           o.x, o.y, o.width, o.height, area});
      }
    }
  }

  const Dataset& truth_;
  std::vector<uint32_t> categories_, rank_of_category_;
  std::unordered_map<int64_t, uint32_t> rank_of_image_;
  std::vector<std::vector<TruthBox>> objects_;
  std::vector<std::vector<ScoredBox>> detections_;
};

void store(Evaluation& e, const Curve& curve, int t, size_t k, int area, int limit) {
  e.recall[e.recall_index(t, k, area, limit)] = curve.recall;
  for (int r = 0; r < kRecalls; ++r) {
    size_t at = e.curve_index(t, r, k, area, limit);
    e.precision[at] = curve.precision[r];
    e.scores[at] = curve.scores[r];
  }
}

// Fills in one category. No other thread writes to its part of the arrays.
void evaluate_category(Evaluation& e, Grouping& groups, size_t k,
                       const EvaluationOptions& options) {
  CategoryMetrics& metrics = e.categories[k];
  metrics.category = groups.category(k);
  for (const TruthBox& object : groups.objects(k))
    ++(object.crowd ? metrics.crowds : metrics.objects);
  CategoryMatches matches = match_category(groups.objects(k), std::move(groups.detections(k)),
                                           options.max_detections.back());
  metrics.detections = static_cast<int64_t>(matches.scores.size());
  CurveMaker maker(matches);
  for (int area = 0; area < kAreas; ++area) {
    if (matches.objects[area] == 0) continue;
    for (int limit = 0; limit < kLimits; ++limit)
      for (int t = 0; t < kThresholds; ++t)
        store(e, maker.make(area, t, options.max_detections[limit]), t, k, area, limit);
  }
  summarise_category(e, k);
}

}  // namespace

Evaluation evaluate(const Dataset& truth, std::span<const Detection> detections,
                    const EvaluationOptions& options) {
  const auto& limits = options.max_detections;
  SSD_CHECK(limits[0] > 0 && std::is_sorted(limits.begin(), limits.end()), "max_detections");
  Grouping groups(truth, options);
  groups.take_detections(detections);
  Evaluation e;
  e.images = static_cast<int64_t>(truth.images.size());
  e.objects = static_cast<int64_t>(truth.objects.size());
  e.detections = static_cast<int64_t>(detections.size());
  e.categories.resize(groups.size());
  e.recall.assign(size_t{kThresholds} * kAreas * kLimits * groups.size(), -1);
  e.precision.assign(e.recall.size() * kRecalls, -1);
  e.scores.assign(e.precision.size(), -1);

  // The largest categories come first, so that no thread has a large one left at the end.
  std::vector<size_t> order(groups.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return groups.detections(a).size() > groups.detections(b).size();
  });
  std::atomic<size_t> done = 0;
  base::for_each_parallel(order.size(), options.threads, [&](size_t i) {
    evaluate_category(e, groups, order[i], options);
    if (options.progress) options.progress(++done, order.size());
  });
  summarise(e);
  return e;
}

}  // namespace data
