#include "data/metrics/coco_summary.h"

#include <algorithm>
#include <span>
#include <vector>

#include "engine/base/error.h"

namespace data {
namespace {

constexpr int kThresholds = Evaluation::kThresholds, kRecalls = Evaluation::kRecalls;
constexpr int kLimits = Evaluation::kLimits;

template <size_t n> std::array<double, n> evenly_spaced(double first, double last) {
  std::array<double, n> values;
  double step = (last - first) / (n - 1);
  for (size_t i = 0; i < n; ++i) values[i] = static_cast<double>(i) * step + first;
  values[n - 1] = last;
  return values;
}

// Adds as numpy does, so that means have the same bits: with eight running sums over up to 128
// values, and by halves in longer lists.
double pairwise_sum(std::span<const double> values) {
  const size_t n = values.size();
  if (n > 128) {
    size_t half = n / 2 - n / 2 % 8;
    return pairwise_sum(values.first(half)) + pairwise_sum(values.subspan(half));
  }
  double sum = 0;
  size_t i = 0;
  if (n >= 8) {
    std::array<double, 8> s;
    std::copy_n(values.begin(), 8, s.begin());
    for (i = 8; i + 8 <= n; i += 8)
      for (size_t lane = 0; lane < 8; ++lane) s[lane] += values[i + lane];
    sum = ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
  }
  for (; i < n; ++i) sum += values[i];
  return sum;
}

struct Selection {
  int first_threshold = 0, last_threshold = kThresholds - 1;
  size_t first_category = 0, last_category = 0;
  int area = Evaluation::all, limit = kLimits - 1;
};

// The mean of the values, or -1 if there are none.
double mean(const std::vector<double>& values) {
  return values.empty() ? -1 : pairwise_sum(values) / static_cast<double>(values.size());
}

double mean_precision(const Evaluation& e, const Selection& s) {
  std::vector<double> values;
  for (int t = s.first_threshold; t <= s.last_threshold; ++t)
    for (int r = 0; r < kRecalls; ++r)
      for (size_t k = s.first_category; k < s.last_category; ++k) {
        double value = e.precision[e.curve_index(t, r, k, s.area, s.limit)];
        if (value > -1) values.push_back(value);
      }
  return mean(values);
}

double mean_recall(const Evaluation& e, const Selection& s) {
  std::vector<double> values;
  for (int t = s.first_threshold; t <= s.last_threshold; ++t)
    for (size_t k = s.first_category; k < s.last_category; ++k) {
      double value = e.recall[e.recall_index(t, k, s.area, s.limit)];
      if (value > -1) values.push_back(value);
    }
  return mean(values);
}

constexpr int kHalf = 0, kThreeQuarters = 5;  // places of 0.5 and 0.75 among the thresholds

}  // namespace

void summarise(Evaluation& e) {
  const size_t k = e.categories.size();
  e.stats = {
      mean_precision(e, {.last_category = k}),
      mean_precision(e, {.first_threshold = kHalf, .last_threshold = kHalf, .last_category = k}),
      mean_precision(e, {.first_threshold = kThreeQuarters,
                         .last_threshold = kThreeQuarters,
                         .last_category = k}),
      mean_precision(e, {.last_category = k, .area = Evaluation::small}),
      mean_precision(e, {.last_category = k, .area = Evaluation::medium}),
      mean_precision(e, {.last_category = k, .area = Evaluation::large}),
      mean_recall(e, {.last_category = k, .limit = 0}),
      mean_recall(e, {.last_category = k, .limit = 1}),
      mean_recall(e, {.last_category = k}),
      mean_recall(e, {.last_category = k, .area = Evaluation::small}),
      mean_recall(e, {.last_category = k, .area = Evaluation::medium}),
      mean_recall(e, {.last_category = k, .area = Evaluation::large}),
  };
}

void summarise_category(Evaluation& e, size_t category) {
  CategoryMetrics& metrics = e.categories[category];
  Selection every{.first_category = category, .last_category = category + 1};
  Selection half = every, three_quarters = every;
  half.first_threshold = half.last_threshold = kHalf;
  three_quarters.first_threshold = three_quarters.last_threshold = kThreeQuarters;
  metrics.ap = mean_precision(e, every);
  metrics.ap50 = mean_precision(e, half);
  metrics.ap75 = mean_precision(e, three_quarters);
  metrics.ar = mean_recall(e, every);
}

std::array<double, Evaluation::kRecalls> Evaluation::curve(size_t category, int threshold) const {
  std::array<double, kRecalls> values;
  for (int r = 0; r < kRecalls; ++r)
    values[r] = precision[curve_index(threshold, r, category, all, kLimits - 1)];
  return values;
}

std::array<double, kThresholds> iou_thresholds() { return evenly_spaced<kThresholds>(0.5, 0.95); }

std::array<double, kRecalls> recall_thresholds() { return evenly_spaced<kRecalls>(0, 1); }

const std::array<std::string, 12>& metric_names() {
  static const std::array<std::string, 12> names = {"DetectionBoxes_Precision/mAP",
                                                    "DetectionBoxes_Precision/mAP@.50IOU",
                                                    "DetectionBoxes_Precision/mAP@.75IOU",
                                                    "DetectionBoxes_Precision/mAP (small)",
                                                    "DetectionBoxes_Precision/mAP (medium)",
                                                    "DetectionBoxes_Precision/mAP (large)",
                                                    "DetectionBoxes_Recall/AR@1",
                                                    "DetectionBoxes_Recall/AR@10",
                                                    "DetectionBoxes_Recall/AR@100",
                                                    "DetectionBoxes_Recall/AR@100 (small)",
                                                    "DetectionBoxes_Recall/AR@100 (medium)",
                                                    "DetectionBoxes_Recall/AR@100 (large)"};
  return names;
}

size_t metric_index(const std::string& name) {
  const auto& names = metric_names();
  const auto found = std::find_if(names.begin(), names.end(), [&](const std::string& full) {
    return full.ends_with("/" + name);
  });
  SSD_CHECK(found != names.end(), name);
  return size_t(found - names.begin());
}

}  // namespace data
