#include "tests/support/engine/naive_loss.h"

#include <algorithm>
#include <cmath>

namespace tests {
namespace {

using Corners = std::array<float, 4>;
constexpr float kThreshold = 0.5f;
constexpr double kAlpha = 0.25, kEpsilon = 1e-8;

float overlap(const Corners& a, const Corners& b) {
  const float high = std::max(0.f, std::min(a[2], b[2]) - std::max(a[0], b[0]));
  const float wide = std::max(0.f, std::min(a[3], b[3]) - std::max(a[1], b[1]));
  const float common = high * wide;
  if (common == 0.f) return 0.f;
  const float area_a = (a[2] - a[0]) * (a[3] - a[1]), area_b = (b[2] - b[0]) * (b[3] - b[1]);
  return common / (area_a + area_b - common);
}

std::vector<int> assignment(const std::vector<Corners>& anchors,
                            const std::vector<NaiveObject>& objects) {
  std::vector<int> match(anchors.size(), -1);
  const bool any = std::any_of(objects.begin(), objects.end(),
                               [](const NaiveObject& o) { return o.weight > 0; });
  if (!any) return match;
  std::vector<float> best(anchors.size(), -INFINITY);
  std::vector<int> forced(anchors.size(), -1);
  for (int row = 0; row < int(objects.size()); ++row) {
    size_t favourite = 0;
    float highest = -INFINITY;
    for (size_t a = 0; a < anchors.size(); ++a) {
      const float value = overlap(objects[size_t(row)].box, anchors[a]);
      if (value > best[a]) best[a] = value, match[a] = row;
      if (value > highest) highest = value, favourite = a;
    }
    if (objects[size_t(row)].weight > 0 && forced[favourite] < 0) forced[favourite] = row;
  }
  for (size_t a = 0; a < anchors.size(); ++a) {
    if (!(best[a] >= kThreshold)) match[a] = -1;
    if (forced[a] >= 0) match[a] = forced[a];
  }
  return match;
}

// Centre and side of one axis, from corners low and high.
struct Extent {
  double centre, side;
  Extent(float low, float high) : centre(low + (double(high) - low) / 2), side(double(high) - low) {
    side += kEpsilon;
  }
};

std::array<double, 4> code_of(const Corners& box, const Corners& anchor) {
  const Extent y(box[0], box[2]), x(box[1], box[3]);
  const Extent ya(anchor[0], anchor[2]), xa(anchor[1], anchor[3]);
  return {10 * (y.centre - ya.centre) / ya.side, 10 * (x.centre - xa.centre) / xa.side,
          5 * std::log(y.side / ya.side), 5 * std::log(x.side / xa.side)};
}

double huber(double error) {
  const double size = std::fabs(error);
  return size <= 1 ? 0.5 * error * error : size - 0.5;
}

double focal(double x, double z) {
  const double cross_entropy = std::max(x, 0.0) - x * z + std::log1p(std::exp(-std::fabs(x)));
  // 1 - p_t, without the cancellation of 1 - p.
  const double miss = z == 1 ? 1 / (1 + std::exp(x)) : 1 / (1 + std::exp(-x));
  return (z == 1 ? kAlpha : 1 - kAlpha) * miss * miss * cross_entropy;
}

}  // namespace

NaiveLoss naive_loss(const std::vector<Corners>& anchors, const std::vector<NaiveObject>& objects,
                     const NaivePredictions& p) {
  NaiveLoss loss{.match = assignment(anchors, objects)};
  for (size_t a = 0; a < anchors.size(); ++a) {
    const NaiveObject* object = loss.match[a] < 0 ? nullptr : &objects[size_t(loss.match[a])];
    double classes = 0, codes = 0;
    for (int c = 0; c < p.columns; ++c) {
      const bool target = object && c > 0 && object->label == c;
      classes += focal(p.logits[a * size_t(p.columns) + size_t(c)], target);
    }
    loss.classification += classes * (object ? double(object->weight) : 1.0);
    if (!object) continue;
    const std::array<double, 4> wanted = code_of(object->box, anchors[a]);
    for (size_t i = 0; i < 4; ++i) codes += huber(p.codes[a * 4 + i] - wanted[i]);
    loss.localization += codes * double(object->weight);
    loss.box_weight += object->weight;
  }
  return loss;
}

}  // namespace tests
