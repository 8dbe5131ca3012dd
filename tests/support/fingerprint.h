// A few numbers that stand for a large tensor in tests/golden; tests/peers/torch_parity.py makes
// the same ones.
#pragma once
#include <cstddef>
#include <vector>

namespace tests {

// At most `samples` values, evenly spread, and then the sum of all values weighted by cos(index).
std::vector<double> fingerprint(const std::vector<double>& values, size_t samples);

}  // namespace tests
