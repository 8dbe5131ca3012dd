// The algorithms of the modelled cuBLASLt: good ones and bad ones.
#pragma once
#include <string>
#include <vector>

#include "tests/cuda_model/cublaslt/objects.h"

namespace cuda_model::cublaslt {

struct Algorithm {
  enum class Fault { none, refused, fails, wrong };
  uint32_t id;
  const char* name;
  Fault fault;
  uint32_t scheme;  // cublasLtReductionScheme_t
  int parts;        // of each sum, computed apart
  int unit;         // matrices are read in words of so many bytes; 0: element by element

  // Bytes that every address must be a multiple of; the same for leading dimensions.
  int64_t alignment(const Matrix& m) const { return unit ? unit : m.element_bytes(); }
  int64_t leading_unit(const Matrix& m) const { return unit ? 16 : m.element_bytes(); }
  uint64_t workspace(const Matrix& d) const;
};

// What the heuristics propose, best first.
std::vector<const Algorithm*> proposals(const Operation&, const Matrices&, const Preference&);

// As the 64 bytes that the caller keeps, and back. Refuses bytes of another version, and of an
// operation of other types, transpositions or epilogue.
cublasLtMatmulAlgo_t bytes_of(const Algorithm&, const Operation&, const Matrices&);
const Algorithm& algorithm_of(const cublasLtMatmulAlgo_t&, const Operation&, const Matrices&);

}  // namespace cuda_model::cublaslt
