#include <cmath>
#include <cstring>
#include <random>

#include "kernels/activation.h"
#include "kernels/view.h"
#include "tests/support/catch.h"

using kernels::bf16, kernels::f16;

namespace {

uint32_t bits_of(float f) {
  uint32_t u;
  std::memcpy(&u, &f, 4);
  return u;
}

float float_of(uint32_t u) {
  float f;
  std::memcpy(&f, &u, 4);
  return f;
}

// A binary format by its definition, in double: no bit tricks to share with the code under test.
struct Format {
  int exponent_bits, mantissa_bits;
  int bias() const { return (1 << (exponent_bits - 1)) - 1; }

  double decode(uint32_t bits) const {
    double sign = bits >> (exponent_bits + mantissa_bits) & 1 ? -1 : 1;
    int exponent = int(bits >> mantissa_bits & ((1u << exponent_bits) - 1));
    double mantissa = bits & ((1u << mantissa_bits) - 1);
    if (exponent == (1 << exponent_bits) - 1) return mantissa ? NAN : sign * INFINITY;
    double scaled = exponent ? mantissa + (1 << mantissa_bits) : mantissa;
    return sign * std::ldexp(scaled, std::max(exponent, 1) - bias() - mantissa_bits);
  }

  // The nearest value of the format, ties to even; NaN is left to the caller.
  uint32_t encode(double x) const {
    uint32_t sign = std::signbit(x) ? 1u << (exponent_bits + mantissa_bits) : 0;
    uint32_t infinity = ((1u << exponent_bits) - 1) << mantissa_bits;
    x = std::fabs(x);
    if (std::isinf(x)) return sign | infinity;
    if (x == 0) return sign;
    int exponent = std::max(std::ilogb(x), 1 - bias());
    // Counted in units of the last place, codes continue from subnormals through every binade.
    double units = std::nearbyint(std::ldexp(x, mantissa_bits - exponent));
    auto code = uint64_t(units) + (uint64_t(exponent + bias() - 1) << mantissa_bits);
    return sign | uint32_t(std::min<uint64_t>(code, infinity));
  }
};

constexpr Format kHalf{5, 10}, kBrain{8, 7};

// Floats around every representable value and every tie between two, random ones, and the edges.
template <class F> void for_many_floats(const Format& format, F f) {
  uint32_t infinity = ((1u << format.exponent_bits) - 1) << format.mantissa_bits;
  for (uint32_t code = 0; code <= infinity; ++code) {
    double low = format.decode(code), high = code < infinity ? format.decode(code + 1) : low;
    if (std::isinf(high)) high = std::ldexp(1.0, format.bias() + 1);
    if (std::isinf(low)) low = high = std::ldexp(1.0, std::min(format.bias() + 1, 127));
    for (double x : {low, (low + high) / 2}) {
      float middle = float(x);
      for (float near : {std::nextafterf(middle, 0), middle, std::nextafterf(middle, INFINITY)}) {
        f(near);
        f(-near);
      }
    }
  }
  std::mt19937 random(1);
  for (int i = 0; i < 2000000; ++i)
    if (float x = float_of(random()); !std::isnan(x)) f(x);
  for (float x :
       {0.0f, INFINITY, 3.4028235e38f, 1.1754944e-38f, 1.4e-45f, 65504.0f, 65519.99f, 65520.0f})
    f(x), f(-x);
}

}  // namespace

TEST_CASE("f16: all 65,536 decode by the definition and survive the round trip") {
  size_t wrong = 0, wrong_trip = 0, differ = 0;
  for (uint32_t code = 0; code < 65536; ++code) {
    f16 half;
    half.bits = uint16_t(code);
    double expected = kHalf.decode(code);
    float got = float(half), portable = f16::decode(uint16_t(code));
    differ += bits_of(got) != bits_of(portable);
    if (std::isnan(expected)) {
      wrong += !std::isnan(got);
      wrong_trip += !std::isnan(float(f16(got)));
      continue;
    }
    wrong += got != expected || std::signbit(got) != std::signbit(expected);
    wrong_trip += f16(got).bits != code || f16::encode(got) != code;
  }
  CHECK(wrong == 0);
  CHECK(wrong_trip == 0);
  CHECK(differ == 0);
}

TEST_CASE("bf16: all 65,536 decode by the definition and survive the round trip") {
  size_t wrong = 0, wrong_trip = 0;
  for (uint32_t code = 0; code < 65536; ++code) {
    bf16 brain;
    brain.bits = uint16_t(code);
    double expected = kBrain.decode(code);
    float got = float(brain);
    if (std::isnan(expected)) {
      wrong += !std::isnan(got);
      wrong_trip += !std::isnan(float(bf16(got)));
      continue;
    }
    wrong += got != expected || std::signbit(got) != std::signbit(expected);
    wrong_trip += bf16(got).bits != code;
  }
  CHECK(wrong == 0);
  CHECK(wrong_trip == 0);
}

TEST_CASE("f16: rounds like the definition at ties and everywhere, in both ways of computing it") {
  size_t wrong = 0, differ = 0;
  for_many_floats(kHalf, [&](float x) {
    wrong += f16::encode(x) != kHalf.encode(x);
    differ += f16(x).bits != f16::encode(x);
  });
  CHECK(wrong == 0);
  CHECK(differ == 0);
}

TEST_CASE("bf16: rounds like the definition at ties and everywhere") {
  size_t wrong = 0;
  for_many_floats(kBrain, [&](float x) { wrong += bf16(x).bits != kBrain.encode(x); });
  CHECK(wrong == 0);
}

TEST_CASE("f16, bf16: every kind of NaN stays NaN with its sign") {
  std::mt19937 random(2);
  size_t wrong = 0, differ = 0;
  for (int i = 0; i < 1000000; ++i) {
    uint32_t payload = i < 23 ? 1u << i : random() & 0x7fffff;
    if (!payload) continue;
    float x = float_of((random() & 0x80000000) | 0x7f800000 | payload);
    uint16_t sign = uint16_t(bits_of(x) >> 16 & 0x8000);
    for (uint16_t half : {f16(x).bits, f16::encode(x)})
      wrong += (half & 0x7fff) <= 0x7c00 || (half & 0x8000) != sign;
    uint16_t brain = bf16(x).bits;
    wrong += (brain & 0x7fff) <= 0x7f80 || (brain & 0x8000) != sign;
    differ += f16(x).bits != f16::encode(x);
  }
  CHECK(wrong == 0);
  CHECK(differ == 0);
}

namespace {

// Floats of every upper half, with lower halves at and around the ties of bf16, and of f16 between
// 5 and 6.
template <class F> void for_all_upper_halves(F f) {
  for (uint32_t upper = 0; upper < 65536; ++upper)
    for (uint32_t lower : {0u, 1u, 0x7fffu, 0x8000u, 0x8001u, 0xefffu, 0xf000u, 0xf001u, 0xffffu})
      f(float_of(upper << 16 | lower));
}

}  // namespace

TEST_CASE("bf16: every upper half at its ties and beside them, NaN and infinity, bit for bit") {
  size_t wrong = 0;
  for_all_upper_halves([&](float x) {
    const uint32_t u = bits_of(x);
    const uint32_t expected = std::isnan(x) ? u >> 16 | 64 : kBrain.encode(x);
    wrong += bf16(x).bits != expected;
  });
  CHECK(wrong == 0);
}

TEST_CASE("activations: their definition, bit for bit, also of NaN, infinity and -0") {
  using kernels::Activation;
  size_t wrong = 0;
  for_all_upper_halves([&](float x) {
    for (Activation a : {Activation::none, Activation::relu, Activation::relu6}) {
      float y = x;
      if (a != Activation::none && x < 0) y = 0;
      if (a == Activation::relu6 && x > 6) y = 6;
      wrong += bits_of(kernels::activate(a, x)) != bits_of(y);
      const bool flat = a != Activation::none && !(y > 0 && (a == Activation::relu || y < 6));
      wrong += kernels::activation_slope(a, y) != (flat ? 0.0f : 1.0f);
      wrong += kernels::passes<float>(a, x) == flat;
      wrong += kernels::passes<bf16>(a, x) != (kernels::activation_slope(a, float(bf16(y))) != 0);
      wrong += kernels::passes<f16>(a, x) != (kernels::activation_slope(a, float(f16(y))) != 0);
    }
  });
  CHECK(wrong == 0);
}

TEST_CASE("dispatch: gives each float type its own, refuses integers") {
  auto bytes = [](kernels::DType t) {
    size_t n = 0;
    kernels::dispatch(t, [&]<class T>() { n = sizeof(T); });
    return int64_t(n);
  };
  for (kernels::DType t : {kernels::DType::f32, kernels::DType::f16, kernels::DType::bf16})
    CHECK(bytes(t) == kernels::size_of(t));
  CHECK_THROWS(bytes(kernels::DType::u8));
  CHECK_THROWS(bytes(kernels::DType::i32));
}
