// Types that cross the host/device border: element types, shapes, and non-owning views.
#pragma once
#include <cstdint>
#include <cstring>
#include <stdexcept>

#ifdef __CUDACC__
#include <cuda_fp16.h>
#include <cuda_runtime.h>
#define HD __host__ __device__ __forceinline__
#else
#define HD inline __attribute__((always_inline))
#endif

namespace kernels {

// f64 exists for gradient checks in CPU builds; nvcc never instantiates it.
enum class DType : uint8_t { f32, f16, bf16, u8, i32, f64 };

// The upper half of a float. Rounds to nearest even; NaN stays NaN.
struct bf16 {
  uint16_t bits;
  bf16() = default;
  HD explicit bf16(float f) {
    uint32_t u;
    memcpy(&u, &f, 4);
    bits = (u & 0x7fffffff) > 0x7f800000 ? uint16_t(u >> 16 | 64)
                                         : uint16_t((u + 0x7fff + (u >> 16 & 1)) >> 16);
  }
  HD operator float() const {
    uint32_t u = uint32_t(bits) << 16;
    float f;
    memcpy(&f, &u, 4);
    return f;
  }
};

// IEEE half precision. Rounds to nearest even, keeps subnormals, overflows to infinity.
struct f16 {
  uint16_t bits;
  f16() = default;
  HD explicit f16(float f) {
#if defined(__CUDA_ARCH__)
    bits = __half_as_ushort(__float2half_rn(f));
#elif defined(__F16C__) && defined(__FLT16_MAX__) && !defined(__CUDACC__)
    auto half = static_cast<_Float16>(f);
    memcpy(&bits, &half, 2);
#else
    bits = encode(f);
#endif
  }
  HD operator float() const {
#if defined(__CUDA_ARCH__)
    return __half2float(__ushort_as_half(bits));
#elif defined(__F16C__) && defined(__FLT16_MAX__) && !defined(__CUDACC__)
    _Float16 half;
    memcpy(&half, &bits, 2);
    return float(half);
#else
    return decode(bits);
#endif
  }

  // Integer arithmetic only: what the instructions above do, for machines without them.
  static HD uint16_t encode(float f) {
    uint32_t u;
    memcpy(&u, &f, 4);
    uint32_t sign = u >> 16 & 0x8000, magnitude = u & 0x7fffffff;
    if (magnitude > 0x7f800000) return uint16_t(sign | 0x7e00 | (magnitude >> 13 & 0x3ff));
    if (magnitude >= 0x47800000) return uint16_t(sign | 0x7c00);
    if (magnitude < 0x33000000) return uint16_t(sign);
    int shift = magnitude < 0x38800000 ? 126 - int(magnitude >> 23) : 13;
    uint32_t mantissa =
        magnitude < 0x38800000 ? (magnitude & 0x7fffff) | 0x800000 : magnitude - 0x38000000;
    uint32_t half = mantissa >> shift, rest = mantissa & ((1u << shift) - 1);
    half += rest > (1u << (shift - 1)) || (rest == (1u << (shift - 1)) && (half & 1));
    return uint16_t(sign | half);
  }
  static HD float decode(uint16_t bits) {
    uint32_t sign = uint32_t(bits & 0x8000) << 16, exponent = bits >> 10 & 31,
             mantissa = bits & 0x3ff;
    float f;
    uint32_t u;
    if (exponent == 0) {  // zero or subnormal: mantissa * 2^-24
      f = float(mantissa) * 5.9604644775390625e-8f;
      memcpy(&u, &f, 4);
      u |= sign;
    } else {
      u = sign | (exponent == 31 ? 0x7f800000 : (exponent + 112) << 23) | mantissa << 13;
      if (exponent == 31 && mantissa) u |= 0x400000;
    }
    memcpy(&f, &u, 4);
    return f;
  }
};

// The type a kernel computes in: float, or double for double.
template <class T> struct Accumulator { using type = float; };
template <> struct Accumulator<double> { using type = double; };
template <class T> using Acc = typename Accumulator<T>::type;

// "f32", "bf16", ...
inline const char* name_of(DType t) {
  constexpr const char* kNames[] = {"f32", "f16", "bf16", "u8", "i32", "f64"};
  return kNames[int(t)];
}

HD int64_t size_of(DType t) {
  return t == DType::f64 ? 8 : t == DType::f32 || t == DType::i32 ? 4 : t == DType::u8 ? 1 : 2;
}

// The sizes of an array of up to four dimensions, the slowest first. Arrays are contiguous.
struct Shape {
  int rank = 0;
  int64_t dim[4] = {};
  HD int64_t size() const {
    int64_t n = 1;
    for (int i = 0; i < rank; ++i) n *= dim[i];
    return n;
  }
  HD int64_t operator[](int i) const { return dim[i]; }
  friend bool operator==(const Shape&, const Shape&) = default;
};

// An array in memory that somebody else owns. Empty if `data` is null.
struct View {
  void* data = nullptr;
  DType dtype = DType::f32;
  Shape shape;
  template <class T> HD T* as() const { return static_cast<T*>(data); }
  explicit operator bool() const { return data != nullptr; }
};

// Calls f<T>() with the C++ type of a floating-point `dtype`.
template <class F> void dispatch(DType dtype, F&& f) {
  switch (dtype) {
    case DType::f32:
      return f.template operator()<float>();
    case DType::f16:
      return f.template operator()<f16>();
    case DType::bf16:
      return f.template operator()<bf16>();
    case DType::f64:
#ifndef __CUDACC__
      return f.template operator()<double>();
#endif
    default:
      throw std::logic_error("dispatch: this dtype has no kernel in this build");
  }
}

}  // namespace kernels
