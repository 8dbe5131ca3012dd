#include "data/formats/yolo_line.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <span>
#include <vector>

#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

namespace data {
namespace {

using base::ExitCode, base::fail;
constexpr size_t kBox = 5;  // numbers of a line without more: the class and the box
constexpr size_t kShownLetters = 40;

std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find_first_of(" \t"));
}

std::vector<double> parse_numbers(std::string_view line, const std::string& where) {
  std::vector<double> numbers;
  const char *at = line.data(), *end = at + line.size();
  while (true) {
    while (at != end && (*at == ' ' || *at == '\t')) ++at;
    if (at == end) return numbers;
    double value = 0;
    auto [rest, error] = std::from_chars(at, end, value);
    if (error != std::errc() || !std::isfinite(value) ||
        (rest != end && *rest != ' ' && *rest != '\t'))
      fail(ExitCode::data, where, ": \"", base::printable(first_word({at, end}), kShownLetters),
           "\" is no number; a line is \"class x_center y_center width height\"");
    numbers.push_back(value);
    at = rest;
  }
}

YoloLine box_of(std::span<const double> n) {
  YoloLine box;
  box.left = n[1] - n[3] / 2, box.right = n[1] + n[3] / 2;
  box.top = n[2] - n[4] / 2, box.bottom = n[2] + n[4] / 2;
  return box;
}

YoloLine box_around(std::span<const double> points) {
  YoloLine box{.left = points[0], .top = points[1], .right = points[0], .bottom = points[1]};
  for (size_t i = 2; i + 1 < points.size(); i += 2) {
    box.left = std::min(box.left, points[i]), box.right = std::max(box.right, points[i]);
    box.top = std::min(box.top, points[i + 1]), box.bottom = std::max(box.bottom, points[i + 1]);
  }
  return box;
}

bool lies_in(const YoloLine& inner, const YoloLine& outer) {
  constexpr double kPast = 0.02;
  return inner.left >= outer.left - kPast && inner.top >= outer.top - kPast &&
         inner.right <= outer.right + kPast && inner.bottom <= outer.bottom + kPast;
}

// The points behind a box, `each` numbers per point. A third number says whether the point can be
// seen: 0, 1 or 2. Points of which nothing is known are left out. Empty if these are no points.
std::vector<double> points_behind_box(std::span<const double> n, size_t each) {
  std::vector<double> points;
  if (n.size() <= kBox || (n.size() - kBox) % each != 0) return points;
  for (size_t i = kBox; i < n.size(); i += each) {
    const double seen = each == 3 ? n[i + 2] : n[i] + n[i + 1];
    if (each == 3 && seen != 0 && seen != 1 && seen != 2) return {};
    if (seen != 0) points.insert(points.end(), {n[i], n[i + 1]});
  }
  return points;
}

// Whether the numbers may be a box and its key points. They may if all points are equal, as in no
// polygon. They also may if the points lie in the box and, where the points have two numbers, span
// half of its width or height. A polygon rarely fits, since its second point would be the size of
// the box.
bool like_keypoints(std::span<const double> n) {
  constexpr YoloLine kImage{.left = 0, .top = 0, .right = 1, .bottom = 1};
  if (n.size() <= kBox || n[3] <= 0 || n[4] <= 0) return false;
  const YoloLine box = box_of(n);
  return lies_in(box, kImage) && std::ranges::any_of(std::vector<size_t>{2, 3}, [&](size_t each) {
           const std::vector<double> points = points_behind_box(n, each);
           if (points.empty()) return false;
           const YoloLine spread = box_around(points);
           const double wide = spread.right - spread.left, high = spread.bottom - spread.top;
           if (each == 2 && points.size() > 2 && wide == 0 && high == 0) return true;
           return lies_in(spread, box) && (each == 3 || wide >= n[3] / 2 || high >= n[4] / 2);
         });
}

void check_count(std::span<const double> n, const YoloLineRules& rules, const std::string& where) {
  if (n.size() == kBox) return;
  const std::string found = base::counted(int64_t(n.size()), "number");
  const size_t whole = kBox + size_t(rules.keypoint_numbers);
  if (rules.keypoint_numbers > 0 && n.size() != whole)
    fail(ExitCode::data, where, ": ", found, ", expected 5, or ", whole,
         " with the key points of data.yaml's kpt_shape");
  if (rules.keypoint_numbers > 0 || (n.size() > kBox + 1 && n.size() % 2 == 1)) return;
  fail(ExitCode::data, where, ": ", found, ", expected 5, or a class and 3 or more points",
       n.size() == kBox + 1 ? "; if the last is a score, these are detections and not labels"
       : like_keypoints(n)
           ? "; if key points follow the box, write their `kpt_shape` into a data.yaml"
           : "");
}

// Boxes that reach a little past the border are accepted; the run decides what to do with them.
void check_range(std::span<const double> n, bool may_be_keypoints, const std::string& where) {
  constexpr double kPast = 0.1;
  for (const double number : n.subspan(1))
    if (number < -kPast || number > 1 + kPast)
      fail(ExitCode::data, where, ": ", number,
           ", expected 0 to 1: YOLO's numbers are divided by the image's sides; ",
           may_be_keypoints
               ? "if this one tells whether a key point can be seen, write `kpt_shape` into a "
                 "data.yaml"
               : "are these pixels?");
  if (n.size() == kBox && (n[3] < 0 || n[4] < 0))
    fail(ExitCode::data, where, ": a box of width ", n[3], " and height ", n[4],
         ", expected none below 0; mend or remove the line");
}

}  // namespace

YoloLine parse_yolo_line(std::string_view line, const YoloLineRules& rules,
                         const std::string& where) {
  const std::vector<double> all = parse_numbers(line, where);
  check_count(all, rules, where);
  if (all[0] < 0 || all[0] >= double(rules.classes) || all[0] != std::floor(all[0]))
    fail(ExitCode::data, where, ": class ", all[0], ", expected 0 to ", rules.classes - 1,
         ": the data set has ", base::counted(int64_t(rules.classes), "name"),
         ", and YOLO counts from 0");
  const bool with_keypoints = rules.keypoint_numbers > 0 && all.size() > kBox;
  const std::span<const double> n(all.data(), with_keypoints ? kBox : all.size());
  check_range(n, like_keypoints(n), where);
  YoloLine out = n.size() == kBox ? box_of(n) : box_around(n.subspan(1));
  out.category = static_cast<int32_t>(all[0]);
  out.numbers = int(all.size());
  out.with_keypoints = with_keypoints;
  out.like_keypoints = like_keypoints(n);
  return out;
}

}  // namespace data
