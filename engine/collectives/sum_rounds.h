// How a sum over ranks is divided: into rounds, which follow each other, and each round into
// chunks, of which every rank adds up one.
#pragma once
#include <algorithm>
#include <cstddef>
#include <vector>

namespace engine {

struct SumRound {
  size_t first, elements, ranks;  // elements of the buffer
  size_t begin(size_t rank) const { return first + elements * rank / ranks; }
  size_t count(size_t rank) const { return begin(rank + 1) - begin(rank); }
};

// Rounds of at most `most` elements that hold each of `elements` once.
inline std::vector<SumRound> rounds_of(size_t elements, size_t most, size_t ranks) {
  std::vector<SumRound> rounds;
  for (size_t first = 0; first < elements; first += most)
    rounds.push_back({first, std::min(most, elements - first), ranks});
  return rounds;
}

}  // namespace engine
