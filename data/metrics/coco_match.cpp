#include "data/metrics/coco_match.h"

#include <algorithm>
#include <numeric>

#include "data/metrics/overlap.h"

namespace data {
namespace {

constexpr int kAreas = Evaluation::kAreas, kThresholds = Evaluation::kThresholds;

struct AreaRange {
  double least, most;  // both belong to the range
  bool excludes(double area) const { return area < least || area > most; }
};
constexpr AreaRange kRanges[kAreas] = {{0, 1e10}, {0, 1024}, {1024, 9216}, {9216, 1e10}};

// Sorts by image and descending score, keeps the best `limit` of every image, and ranks them.
void rank_within_images(std::vector<ScoredBox>& detections, uint32_t limit) {
  std::stable_sort(detections.begin(), detections.end(),
                   [](const ScoredBox& a, const ScoredBox& b) {
                     return a.image != b.image ? a.image < b.image : a.score > b.score;
                   });
  size_t kept = 0;
  uint32_t rank = 0;
  for (size_t i = 0; i < detections.size(); ++i) {
    rank = i && detections[i].image == detections[i - 1].image ? rank + 1 : 0;
    if (rank >= limit) continue;
    ScoredBox box = detections[i];
    box.rank = rank;
    detections[kept++] = box;  // kept <= i, and so entry i - 1 still has its image
  }
  detections.resize(kept);
}

// Matches the detections of one image greedily, the best first. It reuses its lists for all images.
class ImageMatcher {
 public:
  ImageMatcher(CategoryMatches& out, std::span<const uint32_t> places)
      : out_(out), places_(places), thresholds_(iou_thresholds()) {}

  // `first` is the number of the first detection: places_[first] is its index in the output.
  void match(std::span<const TruthBox> objects, std::span<const ScoredBox> detections,
             size_t first) {
    find_candidates(objects, detections);
    ignored_.resize(objects.size());
    for (int area = 0; area < kAreas; ++area) {
      for (size_t g = 0; g < objects.size(); ++g) {
        ignored_[g] = objects[g].crowd || kRanges[area].excludes(objects[g].area);
        out_.objects[area] += !ignored_[g];
      }
      for (int threshold = 0; threshold < kThresholds; ++threshold) {
        taken_.assign(objects.size(), false);
        Outcome* outcomes =
            out_.outcomes.data() + (area * kThresholds + threshold) * places_.size();
        for (size_t d = 0; d < detections.size(); ++d)
          outcomes[places_[first + d]] =
              judge(objects, detections[d], d, {thresholds_[threshold], kRanges[area]});
      }
    }
  }

 private:
  struct Candidate {
    uint32_t object;
    double iou;
  };
  struct Setting {
    double threshold;
    AreaRange range;
  };
  static constexpr uint32_t kNone = UINT32_MAX;

  // Finds the pairs that can match: those whose IoU reaches the lowest threshold.
  void find_candidates(std::span<const TruthBox> objects, std::span<const ScoredBox> detections) {
    candidates_.clear();
    ends_.clear();
    for (const ScoredBox& detection : detections) {
      for (size_t g = 0; g < objects.size(); ++g) {
        const double iou =
            objects[g].crowd ? share_inside(detection, objects[g]) : box_iou(detection, objects[g]);
        if (!(iou < thresholds_[0])) candidates_.push_back({static_cast<uint32_t>(g), iou});
      }
      ends_.push_back(candidates_.size());
    }
  }

  Outcome judge(std::span<const TruthBox> objects, const ScoredBox& detection, size_t d,
                const Setting& setting) {
    uint32_t match = best_object(objects, d, setting.threshold);
    if (match != kNone) {
      taken_[match] = true;
      if (ignored_[match]) return Outcome::ignored;
      if (!objects[match].never_found) return Outcome::right;
    }
    bool outside = setting.range.excludes(detection.width * detection.height);
    return outside ? Outcome::ignored : Outcome::wrong;
  }

  // The object of highest IoU, the last among equals. Ignored objects are looked at only if none of
  // the others fits.
  uint32_t best_object(std::span<const TruthBox> objects, size_t d, double threshold) const {
    double best = std::min(threshold, 1 - 1e-10);
    uint32_t match = kNone;
    for (bool ignored : {false, true}) {
      for (size_t i = d ? ends_[d - 1] : 0; i < ends_[d]; ++i) {
        const Candidate& c = candidates_[i];
        if (ignored_[c.object] != ignored) continue;
        if (taken_[c.object] && !objects[c.object].crowd) continue;
        if (c.iou < best) continue;
        best = c.iou;
        match = c.object;
      }
      if (match != kNone) break;
    }
    return match;
  }

  CategoryMatches& out_;
  std::span<const uint32_t> places_;
  std::array<double, kThresholds> thresholds_;
  std::vector<Candidate> candidates_;
  std::vector<size_t> ends_;  // the end of each detection's candidates
  std::vector<char> ignored_, taken_;
};

}  // namespace

CategoryMatches match_category(std::span<const TruthBox> objects, std::vector<ScoredBox> detections,
                               uint32_t limit) {
  rank_within_images(detections, limit);
  const size_t count = detections.size();
  std::vector<uint32_t> by_score(count), places(count);
  std::iota(by_score.begin(), by_score.end(), 0);
  std::stable_sort(by_score.begin(), by_score.end(), [&](uint32_t a, uint32_t b) {
    return detections[a].score > detections[b].score;
  });
  CategoryMatches out;
  for (size_t place = 0; place < count; ++place) {
    const ScoredBox& detection = detections[by_score[place]];
    places[by_score[place]] = static_cast<uint32_t>(place);
    out.scores.push_back(detection.score);
    out.ranks.push_back(detection.rank);
  }
  out.outcomes.resize(kAreas * kThresholds * count);

  ImageMatcher matcher(out, places);
  for (size_t g = 0, d = 0; g < objects.size() || d < count;) {
    uint32_t image = std::min(g < objects.size() ? objects[g].image : UINT32_MAX,
                              d < count ? detections[d].image : UINT32_MAX);
    size_t first_object = g, first = d;
    while (g < objects.size() && objects[g].image == image) ++g;
    while (d < count && detections[d].image == image) ++d;
    matcher.match(objects.subspan(first_object, g - first_object),
                  std::span(detections).subspan(first, d - first), first);
  }
  return out;
}

}  // namespace data
