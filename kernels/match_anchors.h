// Matches anchors with objects: which object each anchor should find, and what it should then
// predict (Liu et al., SSD, arXiv:1512.02325, section 2.2, with the rules of the arg-max matcher of
// TensorFlow's Object Detection API).
#pragma once
#include <optional>

#include "kernels/boxes.h"
#include "kernels/queue.h"

namespace kernels {

// A match is the row of an object, or one of these.
constexpr int kUnmatched = -1;  // the anchor should predict background
constexpr int kIgnored = -2;    // the anchor takes no part in any loss

// An anchor takes the object of highest IoU, the lowest row among equals, if that IoU reaches
// matched_threshold. Otherwise it is ignored if the IoU reaches unmatched_threshold, and background
// if not. If there is no matched_threshold, every anchor is matched. If there is no
// unmatched_threshold, matched_threshold takes its place. With force_match each object of positive
// weight also takes the anchor of its highest IoU (the lowest index among equals; anchor 0 if it
// overlaps none), even if that anchor has chosen another object or none. If several objects take
// one anchor, the lowest row wins. If no object has a positive weight, all anchors are unmatched.
struct MatchOptions {
  std::optional<float> matched_threshold = 0.5f, unmatched_threshold = 0.5f;
  bool force_match = true;
  bool negatives_lower_than_unmatched = true;  // if false, ignored and background are swapped
};
void check(const MatchOptions&);  // throws std::invalid_argument

// Objects of a batch, in rows of equal length. Weight 0 marks padding.
struct GroundTruth {
  View boxes;    // [images, rows, 4] f32, in the anchors' frame
  View labels;   // [images, rows] i32, class column from 1; 0 or less if of no class
  View weights;  // [images, rows] f32
};

struct Matches {
  View rows;    // [images, anchors] i32: row of the object, kUnmatched or kIgnored
  View forced;  // [images, rows] i32, workspace: the anchor that a row takes by force, or -1
};

void match_anchors(Queue, const GroundTruth&, View anchors, const MatchOptions&, const Matches&);

// The same rules for a given similarity, [images, rows, anchors] f32, in place of the IoU.
void match_similarity(Queue, View similarity, View weights, const MatchOptions&, const Matches&);

// The value that belongs to a match.
template <class V> HD V of_match(int match, const V* rows, V unmatched, V ignored) {
  return match >= 0 ? rows[match] : match == kUnmatched ? unmatched : ignored;
}

struct AnchorTargets {
  View classes;        // [images, anchors] i32: class column, 0 for background
  View class_weights;  // [images, anchors] f32 or f64: the object's weight, 1 for background
  View boxes;          // [images, anchors, 4], as class_weights: box code; 0 if unmatched
  View box_weights;    // [images, anchors], as class_weights: the object's weight, else 0
};

// Writes what each anchor should predict, given Matches::rows.
void assign_targets(Queue, const GroundTruth&, View anchors, View matches, CodeScales,
                    const AnchorTargets&);

}  // namespace kernels
