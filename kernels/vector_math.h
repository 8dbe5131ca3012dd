// exp, log, log1p, softplus and sigmoid in float arithmetic alone, so that every device gives the
// same bits and loops over them vectorise. The errors are at most 2 ulp (exp, log), 3 ulp (log1p,
// softplus) and 4 ulp (sigmoid). For double these are the standard library's functions. NaN gives
// NaN.
#pragma once
#include <bit>
#include <cmath>

#include "kernels/view.h"

namespace kernels {

// e^x; infinite above 88.72, 0 below -103.97. Polynomial: Cephes, expf.
HD float portable_exp(float x) {
  constexpr float kRound = 12582912.f;  // 1.5 * 2^23: adding it leaves the nearest integer
  float y = x > 89.f ? 89.f : x < -104.f ? -104.f : x;
  float shifted = y * 1.44269504f + kRound;
  float n = shifted - kRound;
  float r = (y - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.f;
  // 2^n in two factors, since n = 128 and subnormal results have no single one.
  int whole = int(std::bit_cast<uint32_t>(shifted) - std::bit_cast<uint32_t>(kRound));
  int half = whole >> 1;
  float a = std::bit_cast<float>(uint32_t(half + 127) << 23);
  float b = std::bit_cast<float>(uint32_t(whole - half + 127) << 23);
  return p * a * b;
}

// ln x; -infinity at 0, NaN below. Polynomial: Cephes, logf.
HD float portable_log(float x) {
  bool subnormal = x < 1.17549435e-38f;
  float scaled = subnormal ? x * 8388608.f : x;
  uint32_t bits = std::bit_cast<uint32_t>(scaled);
  uint32_t offset = bits - 0x3f3504f3;  // of sqrt(1/2): the mantissa then lies around 1
  float exponent = float(int(offset) >> 23) - (subnormal ? 23.f : 0.f);
  float m = std::bit_cast<float>((offset & 0x7fffff) + 0x3f3504f3) - 1.f;
  float p = 7.0376836292e-2f;
  p = p * m - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  float square = m * m;
  float y = m * square * p + exponent * -2.12194440e-4f - 0.5f * square;
  float result = (m + y) + exponent * 0.693359375f;
  if (!(x < INFINITY)) result = x;
  if (x <= 0.f) result = x == 0.f ? -INFINITY : NAN;
  return result;
}

// ln(1 + e) for 0 <= e <= 1: 2 artanh(e / (2 + e)).
HD float portable_log1p(float e) {
  float y = e / (2.f + e), t = y * y;
  float p = 0.2439390788814985f;
  p = p * t + 0.21398560572611555f;
  p = p * t + 0.2862020740036234f;
  p = p * t + 0.39998711247282837f;
  p = p * t + 0.6666667902642598f;
  p = p * t + 2.f;
  return y * p;
}

HD double portable_exp(double x) { return std::exp(x); }
HD double portable_log(double x) { return std::log(x); }
HD double portable_log1p(double e) { return std::log1p(e); }

// 1 / (1 + e^-x)
template <class A> HD A sigmoid(A x) {
  A e = portable_exp(x < A(0) ? x : -x);
  return (x < A(0) ? e : A(1)) / (A(1) + e);
}

// ln(1 + e^x)
template <class A> HD A softplus(A x) {
  return (x > A(0) ? x : A(0)) + portable_log1p(portable_exp(x < A(0) ? x : -x));
}

}  // namespace kernels
