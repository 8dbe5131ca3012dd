#include "kernels/vector_math.h"
#include "tests/support/catch.h"

#include <limits>

using namespace kernels;

namespace {

// Distance from the truth in units of the truth's last place.
double ulps(float ours, double truth) {
  int exponent;
  std::frexp(truth, &exponent);
  double unit = std::ldexp(1.0, std::max(exponent - 24, -149));
  return std::fabs(double(ours) - truth) / unit;
}

// Calls f with `count` floats spread over every exponent of [low, high]; both of one sign.
template <class F> void sweep(float low, float high, int count, F f) {
  uint32_t a = std::bit_cast<uint32_t>(low), b = std::bit_cast<uint32_t>(high);
  if (a > b) std::swap(a, b);
  for (int i = 0; i <= count; ++i)
    f(std::bit_cast<float>(uint32_t(a + uint64_t(b - a) * uint64_t(i) / uint64_t(count))));
}

template <class F, class G> double worst(float low, float high, F ours, G truth) {
  double worst = 0;
  sweep(low, high, 3'000'000,
        [&](float x) { worst = std::max(worst, ulps(ours(x), truth(double(x)))); });
  return worst;
}

}  // namespace

TEST_CASE("portable functions stay within a few units of the last place") {
  auto exp_ours = [](float x) { return portable_exp(x); };
  auto exp_true = [](double x) { return std::exp(x); };
  CHECK(worst(1e-30f, 88.7f, exp_ours, exp_true) < 2);
  CHECK(worst(-1e-30f, -103.9f, exp_ours, exp_true) < 2);
  CHECK(worst(
            1e-44f, 3e38f, [](float x) { return portable_log(x); },
            [](double x) { return std::log(x); }) < 2);
  CHECK(worst(
            1e-38f, 1.f, [](float x) { return portable_log1p(x); },
            [](double x) { return std::log1p(x); }) < 3);
  auto sigmoid_true = [](double x) { return 1 / (1 + std::exp(-x)); };
  auto softplus_true = [](double x) { return std::log1p(std::exp(x)); };
  for (float sign : {-1.f, 1.f}) {
    CHECK(worst(sign * 1e-30f, sign * 85, sigmoid<float>, sigmoid_true) < 4);
    CHECK(worst(sign * 1e-30f, sign * 85, softplus<float>, softplus_true) < 4);
  }
}

TEST_CASE("portable functions at the ends of their range") {
  constexpr float inf = std::numeric_limits<float>::infinity();
  CHECK(portable_exp(0.f) == 1.f);
  CHECK(portable_exp(inf) == inf);
  CHECK(portable_exp(-inf) == 0.f);
  CHECK(portable_exp(89.f) == inf);
  CHECK(portable_exp(-104.f) == 0.f);
  CHECK(std::isnan(portable_exp(NAN)));
  CHECK(portable_log(1.f) == 0.f);
  CHECK(portable_log(0.f) == -inf);
  CHECK(portable_log(inf) == inf);
  CHECK(std::isnan(portable_log(-1.f)));
  CHECK(std::isnan(portable_log(NAN)));
  CHECK(portable_log1p(0.f) == 0.f);
  CHECK(sigmoid(0.f) == 0.5f);
  CHECK(sigmoid(inf) == 1.f);
  CHECK(sigmoid(-inf) == 0.f);
  CHECK(std::isnan(sigmoid(NAN)));
  CHECK(softplus(-200.f) == 0.f);
  CHECK(softplus(1e30f) == 1e30f);
  CHECK(std::isnan(softplus(NAN)));
}
