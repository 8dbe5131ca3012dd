#include "data/metrics/confusion.h"

#include <algorithm>
#include <numeric>

#include "data/metrics/overlap.h"

namespace data {
namespace {

class Counter {
 public:
  Counter(const Dataset& truth, std::span<const Detection> detections,
          std::span<const BoxMatch> matches, Confusion& out)
      : truth_(truth), detections_(detections), matches_(matches), out_(out) {
    out_.classes = truth.categories.size();
    out_.counts.resize((out_.classes + 1) * (out_.classes + 1));
    out_.images.resize(truth.images.size());
    out_.mistaken.assign(detections.size(), -1);
    out_.found.resize(truth.objects.size());
    covered_.resize(truth.objects.size());
  }

  void add_right(size_t i) {
    const size_t category = size_t(detections_[i].category);
    count(category, category);
    ++image_of(i).right;
    out_.found[size_t(matches_[i].object)] = covered_[size_t(matches_[i].object)] = true;
  }

  void add_wrong(size_t i, double least_iou) {
    const int64_t object = covered_object(i, least_iou);
    out_.mistaken[i] = object;
    ++image_of(i).wrong;
    if (object >= 0) covered_[size_t(object)] = true;
    count(object < 0 ? out_.classes : size_t(truth_.objects[size_t(object)].category),
          size_t(detections_[i].category));
  }

  void add_missed() {
    for (size_t i = 0; i < truth_.images.size(); ++i)
      for (uint32_t k = 0; k < truth_.images[i].object_count; ++k) {
        const size_t object = truth_.images[i].first_object + k;
        if (truth_.objects[object].crowd || out_.found[object]) continue;
        ++out_.images[i].missed;
        if (!covered_[object]) count(size_t(truth_.objects[object].category), out_.classes);
      }
  }

 private:
  ImageCount& image_of(size_t i) { return out_.images[size_t(matches_[i].image)]; }
  void count(size_t row, size_t column) { ++out_.counts[row * (out_.classes + 1) + column]; }

  int64_t covered_object(size_t i, double least_iou) const {
    const ImageEntry& image = truth_.images[size_t(matches_[i].image)];
    int64_t best = -1;
    for (uint32_t k = 0; k < image.object_count; ++k) {
      const size_t index = image.first_object + k;
      const Object& object = truth_.objects[index];
      if (object.crowd || covered_[index] || object.category == detections_[i].category) continue;
      const double iou = box_iou(detections_[i], object);
      if (iou < least_iou || (best >= 0 && iou == least_iou)) continue;
      best = int64_t(index);
      least_iou = iou;
    }
    return best;
  }

  const Dataset& truth_;
  std::span<const Detection> detections_;
  std::span<const BoxMatch> matches_;
  Confusion& out_;
  std::vector<bool> covered_;  // by object, by a detection of any class
};

}  // namespace

int64_t Confusion::row_sum(size_t truth) const {
  const auto first = counts.begin() + int64_t(truth * (classes + 1));
  return std::accumulate(first, first + int64_t(classes + 1), int64_t(0));
}

Confusion count_confusion(const Dataset& truth, std::span<const Detection> detections,
                          std::span<const BoxMatch> matches, double score, const MatchRule& rule) {
  Confusion confusion;
  Counter counter(truth, detections, matches, confusion);
  std::vector<size_t> wrong;
  for (size_t i = 0; i < detections.size(); ++i) {
    if (detections[i].score < score || matches[i].outcome == Outcome::ignored) continue;
    if (matches[i].outcome == Outcome::right) {
      counter.add_right(i);
    } else {
      wrong.push_back(i);
    }
  }
  std::stable_sort(wrong.begin(), wrong.end(),
                   [&](size_t a, size_t b) { return detections[a].score > detections[b].score; });
  for (size_t i : wrong) counter.add_wrong(i, rule.iou);
  counter.add_missed();
  return confusion;
}

}  // namespace data
