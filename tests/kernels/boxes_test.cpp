#include "kernels/boxes.h"
#include "tests/support/catch.h"

#include <random>

using namespace kernels;

TEST_CASE("decoding a code gives its box back") {
  std::mt19937 random(1);
  auto uniform = [&](double a, double b) {
    return std::uniform_real_distribution<double>(a, b)(random);
  };
  auto side = [&] { return float(std::pow(10.0, uniform(-7, 3))); };
  double worst = 0;
  for (int i = 0; i < 1'000'000; ++i) {
    float h = side(), w = side(), ah = side(), aw = side();
    // Centres near the origin, so that the corners hold the sides to full precision.
    float y = h * float(uniform(-1, 1)), x = w * float(uniform(-1, 1));
    Box box{y - h / 2, x - w / 2, y + h / 2, x + w / 2}, anchor{-ah / 2, -aw / 2, ah / 2, aw / 2};
    Box back = decode(encode(box, anchor, {}), anchor, {});
    // The two epsilons of encode move sides by 1e-8 of themselves; rounding by the code's size.
    double eps_h = 1e-8 / box.height() + 1e-8 / ah, eps_w = 1e-8 / box.width() + 1e-8 / aw;
    auto error = [&](float a, float b, float size, double eps) {
      return std::fabs(double(a) - b) / (std::fabs(size) * (2e-6 + 4 * eps));
    };
    worst = std::max({worst, error(back.ymin, box.ymin, box.height(), eps_h),
                      error(back.ymax, box.ymax, box.height(), eps_h),
                      error(back.xmin, box.xmin, box.width(), eps_w),
                      error(back.xmax, box.xmax, box.width(), eps_w)});
    REQUIRE(std::isfinite(back.ymin + back.xmin + back.ymax + back.xmax));
  }
  CHECK(worst <= 1);
}

TEST_CASE("the coder in double round-trips to its epsilon") {
  BoxOf<double> anchor{0.2, 0.3, 0.6, 0.5}, box{0.1, 0.35, 0.7, 0.4};
  BoxOf<double> back = decode(encode(box, anchor, {}), anchor, {});
  CHECK(std::fabs(back.ymin - box.ymin) < 1e-7);
  CHECK(std::fabs(back.xmax - box.xmax) < 1e-7);
}

TEST_CASE("boxes without area have no IoU") {
  Box box{0, 0, 1, 1}, line{0.5f, 0, 0.5f, 1}, inverted{0.8f, 0.8f, 0.2f, 0.2f};
  CHECK(iou(box, box) == 1.f);
  CHECK(iou(box, line) == 0.f);
  CHECK(iou(line, line) == 0.f);
  CHECK(iou(box, inverted) == 0.f);
  CHECK(suppression_iou(line, line) == 0.f);
  CHECK(suppression_iou(upright(inverted), box) == Approx(0.36f));
}

TEST_CASE("clipping and frames") {
  Box window{0, 0, 1, 1};
  CHECK(clip(Box{-1, 0.25f, 2, 0.5f}, window) == Box{0, 0.25f, 1, 0.5f});
  CHECK(area(clip(Box{2, 2, 3, 3}, window)) == 0.f);
  CHECK(inside(window, window));
  CHECK(change_frame(Box{0.25f, 0.5f, 0.75f, 0.75f}, {0.25f, 0.25f, 0.75f, 0.75f}) ==
        Box{0, 0.5f, 1, 1});
}
