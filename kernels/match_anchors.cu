#include "kernels/match_anchors.h"

#include <stdexcept>

#include "kernels/simt.h"

namespace kernels {
namespace {

constexpr int kChunk = 512;  // anchors per block

// The IoU of one object with each anchor.
struct IouRow {
  Box object;
  const Box* anchors;
  HD float operator()(int anchor) const { return iou(object, anchors[anchor]); }
  HD bool always_zero() const { return !(object.height() > 0.f && object.width() > 0.f); }
};

struct IouRows {
  const Box *objects, *anchors;
  HD IouRow row(int64_t index) const { return {objects[index], anchors}; }
};

struct GivenRow {
  const float* values;
  HD float operator()(int anchor) const { return values[anchor]; }
  HD bool always_zero() const { return false; }
};

struct GivenRows {
  const float* similarity;
  int anchors;
  HD GivenRow row(int64_t index) const { return {similarity + index * anchors}; }
};

// Bits that order as the floats do.
HD uint32_t ordered(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  return bits ^ (bits >> 31 ? 0xffffffffu : 0x80000000u);
}

template <class Rows> struct ForceMatch {  // one block per object
  Rows similarity;
  const float* weights;
  int anchors;
  int32_t* forced;

  template <class Block> HD void operator()(Block block) const {
    bool valid = weights[block.index] > 0.f;
    auto row = similarity.row(block.index);
    // The highest similarity, then the lowest anchor; an object without area overlaps none.
    uint64_t best = block.reduce(
        valid && !row.always_zero() ? anchors : 0, uint64_t(0), Max{},
        [&](int anchor) { return uint64_t(ordered(row(anchor))) << 32 | uint32_t(~anchor); });
    int anchor = best ? int(~uint32_t(best)) : 0;
    block.once([&] { forced[block.index] = valid ? anchor : -1; });
  }
};

template <class Rows> struct MatchColumns {  // one block per chunk of an image's anchors
  Rows similarity;
  const float* weights;
  const int32_t* forced;  // null: nothing is forced
  int rows, anchors, chunks;
  float matched, unmatched;
  int between, below;  // the match of an anchor that reaches `unmatched` only, or not even that
  int32_t* matches;

  template <class Block> HD void operator()(Block block) const {
    SHARED Shared<float, kChunk> best;
    SHARED Shared<int32_t, kChunk> best_row;
    int64_t image = block.index / chunks;
    int first = int(block.index % chunks) * kChunk;
    int count = anchors - first < kChunk ? anchors - first : kChunk;
    int32_t* out = matches + image * anchors + first;
    const float* weight = weights + image * rows;
    int any = block.reduce(rows, 0, Max{}, [&](int row) { return int(weight[row] > 0.f); });
    if (!any) return block.each(count, [&](int i) { out[i] = kUnmatched; });

    block.each(count, [&](int i) { best[i] = -INFINITY, best_row[i] = 0; });
    for (int r = 0; r < rows; ++r) {
      auto row = similarity.row(image * rows + r);
      int taken = forced ? forced[image * rows + r] - first : -1;
      if (r > 0 && (taken < 0 || taken >= count) && row.always_zero()) continue;
      block.each(count, [&](int i) {  // an infinite similarity wins, and the first such row stays
        float value = i == taken ? INFINITY : row(first + i);
        bool better = value > best[i];
        best_row[i] = better ? r : best_row[i];
        best[i] = better ? value : best[i];
      });
    }
    block.each(count, [&](int i) {
      out[i] = best[i] >= matched ? best_row[i] : best[i] >= unmatched ? between : below;
    });
  }
};

template <class Rows>
void match(Queue queue, Rows similarity, View weights, const MatchOptions& options,
           const Matches& matches) {
  check(options);
  int rows = int(weights.shape[1]), anchors = int(matches.rows.shape[1]);
  int chunks = (anchors + kChunk - 1) / kChunk;
  bool force = options.force_match && anchors > 0;
  if (force)
    blocks<256>(
        queue, weights.shape.size(),
        ForceMatch<Rows>{similarity, weights.as<float>(), anchors, matches.forced.as<int32_t>()});
  float matched = options.matched_threshold.value_or(-INFINITY);
  bool swapped = !options.negatives_lower_than_unmatched;
  blocks<256>(queue, weights.shape[0] * chunks,
              MatchColumns<Rows>{.similarity = similarity,
                                 .weights = weights.as<float>(),
                                 .forced = force ? matches.forced.as<int32_t>() : nullptr,
                                 .rows = rows,
                                 .anchors = anchors,
                                 .chunks = chunks,
                                 .matched = matched,
                                 .unmatched = options.unmatched_threshold.value_or(matched),
                                 .between = swapped ? kUnmatched : kIgnored,
                                 .below = swapped ? kIgnored : kUnmatched,
                                 .matches = matches.rows.as<int32_t>()});
}

template <class A> struct AssignTargets {  // one element per anchor of an image
  const Box *objects, *anchors;
  const int32_t *labels, *matches;
  const float* weights;
  int rows, anchor_count;
  CodeScales scales;
  int32_t* classes;
  A *class_weights, *boxes, *box_weights;

  HD void operator()(int i) const {
    int anchor = i % anchor_count, match = matches[i];
    int64_t first = int64_t(i / anchor_count) * rows;
    BoxCode<A> code{0, 0, 0, 0};
    if (match >= 0)
      code = encode(widened(objects[first + match]), widened(anchors[anchor]), scales);
    int label = of_match(match, labels + first, 0, 0);
    classes[i] = label > 0 ? label : 0;
    class_weights[i] = A(of_match(match, weights + first, 1.f, 0.f));
    box_weights[i] = A(of_match(match, weights + first, 0.f, 0.f));
    A* out = boxes + int64_t(i) * 4;
    out[0] = code.y, out[1] = code.x, out[2] = code.height, out[3] = code.width;
  }

  static HD BoxOf<A> widened(const Box& b) { return {b.ymin, b.xmin, b.ymax, b.xmax}; }
};

}  // namespace

void check(const MatchOptions& o) {
  auto wrong = [](const char* what) { throw std::invalid_argument(what); };
  if (!o.matched_threshold) {
    if (o.unmatched_threshold) wrong("matching: unmatched_threshold without matched_threshold");
    return;
  }
  float unmatched = o.unmatched_threshold.value_or(*o.matched_threshold);
  if (!(unmatched <= *o.matched_threshold))
    wrong("matching: unmatched_threshold is above matched_threshold");
  if (!o.negatives_lower_than_unmatched && unmatched == *o.matched_threshold)
    wrong("matching: equal thresholds leave no room for negatives between them");
}

void match_anchors(Queue queue, const GroundTruth& truth, View anchors, const MatchOptions& options,
                   const Matches& matches) {
  match(queue, IouRows{truth.boxes.as<Box>(), anchors.as<Box>()}, truth.weights, options, matches);
}

void match_similarity(Queue queue, View similarity, View weights, const MatchOptions& options,
                      const Matches& matches) {
  match(queue, GivenRows{similarity.as<float>(), int(matches.rows.shape[1])}, weights, options,
        matches);
}

void assign_targets(Queue queue, const GroundTruth& truth, View anchors, View matches,
                    CodeScales scales, const AnchorTargets& targets) {
  auto run = [&]<class A>() {
    each(queue, matches.shape.size(),
         AssignTargets<A>{.objects = truth.boxes.as<Box>(),
                          .anchors = anchors.as<Box>(),
                          .labels = truth.labels.as<int32_t>(),
                          .matches = matches.as<int32_t>(),
                          .weights = truth.weights.as<float>(),
                          .rows = int(truth.weights.shape[1]),
                          .anchor_count = int(matches.shape[1]),
                          .scales = scales,
                          .classes = targets.classes.as<int32_t>(),
                          .class_weights = targets.class_weights.as<A>(),
                          .boxes = targets.boxes.as<A>(),
                          .box_weights = targets.box_weights.as<A>()});
  };
  if (targets.boxes.dtype == DType::f64) return run.template operator()<double>();
  run.template operator()<float>();
}

}  // namespace kernels
