// One class of suppression on many random sets: lists of indices equal to the naive algorithm's.
#include <algorithm>
#include <cmath>
#include <random>

#include "engine/base/random.h"
#include "kernels/nms.h"
#include "tests/support/catch.h"
#include "tests/support/engine/naive_nms.h"

using namespace kernels;
using namespace tests;

namespace {

constexpr float kThresholds[] = {0.2f, 0.5f, 0.6f, 0.8f};
constexpr int kLargest = 1000;

enum Style { plain, no_area, inverted, ten_identical, huge, near_threshold, kStyles };

// A box whose IoU with `first` is `overlap` but for rounding: `first` shifted to the right.
Box shifted(const Box& first, float overlap) {
  float shift = first.width() * (1 - overlap) / (1 + overlap);
  return {first.ymin, first.xmin + shift, first.ymax, first.xmax + shift};
}

// A box inside `first`, its share of the height being a quotient of small integers: the IoU is
// often exactly the threshold.
Box share(const Box& first, float threshold) {
  float height = std::round(first.height() * 1024) / 1024;
  return {first.ymin, first.xmin, first.ymin + height * threshold, first.xmax};
}

class SetMaker {
 public:
  SetMaker(uint64_t number, float threshold)
      : random_(29, number), threshold_(threshold), style_(Style(random_.below(kStyles))) {}

  // 0 to 1,000 boxes, most often few.
  NmsProblem make() {
    NmsProblem p{1, int(std::pow(random_.unit(), 6) * (kLargest + 1)), 1, 1, {}, {}};
    const bool ties = random_.below(2);
    for (int i = 0; i < p.count; ++i) {
      p.boxes.push_back(box(p.boxes));
      p.scores.push_back(float(ties ? double(random_.below(11)) / 10 : random_.unit()));
    }
    return p;
  }

 private:
  Box box(const std::vector<Box>& before) {
    float y = number(), x = number(), h = number() * 0.5f, w = number() * 0.5f;
    Box made{y, x, y + h, x + w};
    if (style_ == no_area && random_.below(4) == 0) made.ymax = made.ymin;
    if (style_ == inverted && random_.below(4) == 0) std::swap(made.ymin, made.ymax);
    if (style_ == ten_identical && before.size() % 10) made = before.back();
    if (style_ == huge) made = scale(made, 1e6f, 1e6f);
    if (style_ == near_threshold && before.size() % 2) made = neighbour(before.back());
    return made;
  }

  Box neighbour(const Box& of) {
    switch (random_.below(4)) {
      case 0:
        return shifted(of, threshold_ * (1 - 1e-5f));
      case 1:
        return shifted(of, threshold_ * (1 + 1e-5f));
      case 2:
        return shifted(of, threshold_);
      default:
        return share(of, threshold_);
    }
  }

  float number() { return float(random_.unit()); }

  base::RandomSequence random_;
  float threshold_;
  Style style_;
};

}  // namespace

TEST_CASE("lists of indices equal the naive algorithm's on a hundred thousand random sets") {
  const int sets = rounds(100000);
  int64_t boxes = 0, suppressed = 0;
  for (int number = 0; number < sets; ++number) {
    NmsOptions options{.score_threshold = number % 3 ? 1e-8f : 0.5f,
                       .iou_threshold = kThresholds[number % 4],
                       .max_per_class = kLargest,
                       .max_total = kLargest,
                       .window = {}};
    const NmsProblem p = SetMaker(uint64_t(number), options.iou_threshold).make();
    const std::vector<NmsImage> kept = output_on("cpu", p, options).images();
    if (kept != naive_nms(p, options)) FAIL("set " << number << " of " << p.count << " boxes");
    boxes += p.count;
    suppressed += p.count - int64_t(kept[0].size());
  }
  CHECK(boxes > 100 * int64_t(sets));  // the sets are as large as they are meant to be
  CHECK(suppressed > boxes / 10);
}
