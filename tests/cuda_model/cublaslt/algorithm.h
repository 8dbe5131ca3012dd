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
  uint32_t scheme;   // cublasLtReductionScheme_t
  int parts;         // of each sum, computed apart
  bool whole_words;  // matrices are read in words of 16 bytes

  // Bytes that every address, and every leading dimension, must be a multiple of.
  int64_t alignment(const Matrix& m) const { return whole_words ? 16 : m.element_bytes(); }
  uint64_t workspace(const Matrix& d) const;
};

// What the heuristics propose, best first.
std::vector<const Algorithm*> proposals(const Operation&, const Matrices&, const Preference&);

// As the 64 bytes that the caller keeps, and back. Refuses bytes of another version, and of an
// operation of other types, transpositions or epilogue.
cublasLtMatmulAlgo_t bytes_of(const Algorithm&, const Operation&, const Matrices&);
const Algorithm& algorithm_of(const cublasLtMatmulAlgo_t&, const Operation&, const Matrices&);

}  // namespace cuda_model::cublaslt
