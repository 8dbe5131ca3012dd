#include "tests/cuda_model/cublaslt/algorithm.h"

#include <algorithm>

namespace cuda_model::cublaslt {
namespace {

using Fault = Algorithm::Fault;

const std::vector<Algorithm>& algorithms() {
  static const std::vector<Algorithm> all{
      {9, "wide", Fault::none, CUBLASLT_REDUCTION_SCHEME_NONE, 1, 128},
      {1, "in place", Fault::none, CUBLASLT_REDUCTION_SCHEME_INPLACE, 4, 16},
      {2, "rounded parts", Fault::none, CUBLASLT_REDUCTION_SCHEME_OUTPUT_TYPE, 4, 16},
      {3, "refused", Fault::refused, CUBLASLT_REDUCTION_SCHEME_NONE, 1, 16},
      {4, "failing", Fault::fails, CUBLASLT_REDUCTION_SCHEME_NONE, 1, 16},
      {5, "parts", Fault::none, CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE, 4, 16},
      {6, "wrong", Fault::wrong, CUBLASLT_REDUCTION_SCHEME_NONE, 1, 16},
      {7, "whole", Fault::none, CUBLASLT_REDUCTION_SCHEME_NONE, 1, 16},
      {8, "any alignment", Fault::none, CUBLASLT_REDUCTION_SCHEME_NONE, 1, 0},
  };
  return all;
}

bool fits(const Algorithm& a, const Matrices& m, const Preference& p) {
  if (a.scheme & ~p.schemes || a.workspace(m.d) > p.workspace) return false;
  const Matrix* all[] = {&m.a, &m.b, &m.c, &m.d};
  for (int i = 0; i < 4; ++i) {
    const Matrix& matrix = *all[i];
    if (p.alignment[i] % uint32_t(a.alignment(matrix)) ||
        matrix.leading * matrix.element_bytes() % a.leading_unit(matrix))
      return false;
  }
  return true;
}

uint64_t fingerprint(const Operation& o, const Matrices& m) {
  uint64_t sum = CUBLAS_VERSION;
  for (uint64_t part : {uint64_t(m.a.type), uint64_t(m.d.type), uint64_t(o.transpose_a),
                        uint64_t(o.transpose_b), uint64_t(o.epilogue), uint64_t(o.compute)})
    sum = sum * 131 + part;
  return sum;
}

}  // namespace

uint64_t Algorithm::workspace(const Matrix& d) const {
  if (scheme == CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE ||
      scheme == CUBLASLT_REDUCTION_SCHEME_OUTPUT_TYPE)
    return uint64_t(parts * d.rows * d.columns) * sizeof(float);
  return id % 2 ? 0 : 1000;
}

std::vector<const Algorithm*> proposals(const Operation& o, const Matrices& m,
                                        const Preference& p) {
  std::vector<const Algorithm*> found;
  if (!supported(o, m) || seed() % 5 == 0) return found;
  for (const Algorithm& a : algorithms())
    if (fits(a, m, p)) found.push_back(&a);
  if (!found.empty())
    std::rotate(found.begin(), found.begin() + long(seed() / 5 % found.size()), found.end());
  return found;
}

cublasLtMatmulAlgo_t bytes_of(const Algorithm& a, const Operation& o, const Matrices& m) {
  return {{fingerprint(o, m), a.id}};
}

const Algorithm& algorithm_of(const cublasLtMatmulAlgo_t& bytes, const Operation& o,
                              const Matrices& m) {
  require(bytes.data[0] == fingerprint(o, m));
  for (const Algorithm& a : algorithms())
    if (a.id == bytes.data[1]) return a;
  throw Refusal{CUBLAS_STATUS_INVALID_VALUE};
}

}  // namespace cuda_model::cublaslt
