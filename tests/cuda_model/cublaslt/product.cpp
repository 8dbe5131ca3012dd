#include "tests/cuda_model/cublaslt/product.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <random>

#include "kernels/view.h"

namespace cuda_model::cublaslt {
namespace {

constexpr int64_t kWorkspaceAlignment = 16;  // bytes

template <class Work> auto by_type(cudaDataType_t type, Work work) {
  if (type == CUDA_R_16F) return work(kernels::f16{});
  if (type == CUDA_R_16BF) return work(kernels::bf16{});
  return work(0.0f);
}

float rounded(cudaDataType_t type, double v) {
  return by_type(type, [&](auto kind) { return float(decltype(kind)(float(v))); });
}

float to_tf32(float v) {
  auto bits = std::bit_cast<uint32_t>(v);
  if ((bits & 0x7f800000) != 0x7f800000) bits += 0xfff + (bits >> 13 & 1);
  return std::bit_cast<float>(bits & ~0x1fffu);
}

float element(const Matrix& m, const void* data, int64_t row, int64_t column) {
  return by_type(m.type, [&](auto kind) {
    return float(static_cast<const decltype(kind)*>(data)[m.place(row, column)]);
  });
}

// op(m) as columns.
std::vector<float> columns_of(const Matrix& m, const void* data, bool transpose, bool tf32) {
  std::vector<float> values;
  for (int64_t j = 0; j < (transpose ? m.rows : m.columns); ++j)
    for (int64_t i = 0; i < (transpose ? m.columns : m.rows); ++i) {
      const float v = transpose ? element(m, data, j, i) : element(m, data, i, j);
      values.push_back(tf32 ? to_tf32(v) : v);
    }
  return values;
}

// The terms of a sum, part by part. In place, parts come in the order in which they are ready.
std::vector<std::vector<int64_t>> parts_of(const Algorithm& a, int64_t terms) {
  static std::atomic<uint64_t> runs = 0;
  std::vector<std::vector<int64_t>> parts(size_t(a.parts));
  for (int64_t i = 0; i < terms; ++i) parts[size_t(i % a.parts)].push_back(i);
  if (a.scheme == CUBLASLT_REDUCTION_SCHEME_INPLACE)
    std::shuffle(parts.begin(), parts.end(), std::mt19937_64(seed() * 1000 + ++runs));
  return parts;
}

class Column {
 public:
  explicit Column(const Product& p) : p_(p), sums_(size_t(p.d_layout.rows)) {}

  void add(const std::vector<float>& a, const float* b, const std::vector<int64_t>& terms) {
    std::vector<double> part(sums_.size());
    for (int64_t l : terms)
      for (size_t i = 0; i < part.size(); ++i)
        part[i] += double(a[size_t(l) * part.size() + i]) * double(b[l]);
    const bool narrow = p_.algorithm->scheme == CUBLASLT_REDUCTION_SCHEME_OUTPUT_TYPE ||
                        p_.algorithm->scheme == CUBLASLT_REDUCTION_SCHEME_INPLACE;
    for (size_t i = 0; i < part.size(); ++i)
      sums_[i] = narrow ? rounded(p_.d_layout.type, sums_[i] + part[i])
                        : float(double(sums_[i]) + part[i]);
  }

  void write(int64_t column, const std::vector<float>& bias) const {
    const Operation& o = p_.operation;
    for (int64_t i = 0; i < p_.d_layout.rows; ++i) {
      double v = double(p_.alpha) * double(sums_[size_t(i)]);
      if (p_.beta != 0) v += double(p_.beta) * double(element(p_.c_layout, p_.c, i, column));
      if (!bias.empty()) v += double(bias[size_t(i)]);
      if (o.has_relu()) v = v > 0 || v != v ? v : 0;
      if (p_.algorithm->fault == Algorithm::Fault::wrong)
        v *= p_.a_layout.type == CUDA_R_16BF ? 1.05 : 1.01;
      by_type(p_.d_layout.type, [&](auto kind) {
        using T = decltype(kind);
        static_cast<T*>(p_.d)[p_.d_layout.place(i, column)] = T(float(v));
      });
    }
  }

 private:
  const Product& p_;
  std::vector<float> sums_;
};

struct Extent {
  std::string name;
  uintptr_t begin = 0, end = 0;
  bool meets(const Extent& other) const { return begin < other.end && other.begin < end; }
};

Extent checked(const std::string& name, const void* data, int64_t bytes, int64_t alignment) {
  const auto begin = reinterpret_cast<uintptr_t>(data);
  expect(data, name + " has no memory");
  expect(is_device_pointer(data), name + " is not in a device's memory");
  expect(int64_t(bytes_behind(data)) >= bytes, name + " does not fit into its memory");
  expect(begin % uintptr_t(alignment) == 0, name + " is not aligned as its algorithm wants it");
  return {name, begin, begin + uintptr_t(bytes)};
}

}  // namespace

void check_memory(const Product& p) {
  auto matrix = [&](const char* name, const Matrix& m, const void* data) {
    return checked(name, data, m.bytes(), p.algorithm->alignment(m));
  };
  const Extent d = matrix("D", p.d_layout, p.d), c = matrix("C", p.c_layout, p.c);
  std::vector<Extent> others{matrix("A", p.a_layout, p.a), matrix("B", p.b_layout, p.b)};
  if (p.operation.has_bias())
    others.push_back(checked("the bias", p.operation.bias,
                             p.d_layout.rows * p.d_layout.element_bytes(),
                             p.algorithm->alignment(p.d_layout)));
  if (const auto bytes = int64_t(p.algorithm->workspace(p.d_layout)))
    others.push_back(checked("the workspace", p.workspace, bytes, kWorkspaceAlignment));
  for (const Extent& other : others)
    expect(!d.meets(other), "D is made where " + other.name + " lies");
  const bool in_place = p.c == p.d && p.c_layout.leading == p.d_layout.leading &&
                        p.c_layout.order == p.d_layout.order;
  expect(in_place || !d.meets(c), "D is made where a C of another layout lies");
  for (size_t i = 2; i < others.size(); ++i)
    expect(others[i].name != "the workspace" ||
               (!others[i].meets(others[0]) && !others[i].meets(others[1]) && !others[i].meets(c)),
           "the workspace is where an operand lies");
}

void compute(const Product& p) {
  const Operation& o = p.operation;
  if (const uint64_t bytes = p.algorithm->workspace(p.d_layout))
    std::memset(p.workspace, 0xff, bytes);
  const bool tf32 = o.compute == CUBLAS_COMPUTE_32F_FAST_TF32;
  const auto a = columns_of(p.a_layout, p.a, o.transpose_a != CUBLAS_OP_N, tf32),
             b = columns_of(p.b_layout, p.b, o.transpose_b != CUBLAS_OP_N, tf32);
  std::vector<float> bias;
  if (o.has_bias())
    bias = columns_of({p.d_layout.type, p.d_layout.rows, 1, p.d_layout.rows}, o.bias, false, false);
  const int64_t terms = int64_t(a.size()) / p.d_layout.rows;
  const auto parts = parts_of(*p.algorithm, terms);
  for (int64_t j = 0; j < p.d_layout.columns; ++j) {
    Column column(p);
    for (const auto& part : parts) column.add(a, &b[size_t(j * terms)], part);
    column.write(j, bias);
  }
}

}  // namespace cuda_model::cublaslt
