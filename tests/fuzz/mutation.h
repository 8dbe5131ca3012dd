// Damaged inputs, each a function of its number alone.
#pragma once
#include "tests/fuzz/target.h"

namespace fuzz {

// One of the seeds with one to eight changes: bits, bytes, numbers, pieces cut, doubled, moved,
// taken from another seed or from the words.
std::string mutated(const Target&, uint64_t number);

}  // namespace fuzz
