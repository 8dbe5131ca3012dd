#include "engine/base/random.h"
#include "tests/support/catch.h"

#include <cmath>
#include <set>
#include <vector>

using base::philox, base::PhiloxBlock, base::random_bits, base::random_unit;

namespace {

void check_block(PhiloxBlock counter, uint32_t key0, uint32_t key1, PhiloxBlock expected) {
  PhiloxBlock got = philox(counter, key0, key1);
  for (int i = 0; i < 4; ++i) CHECK(got.word[i] == expected.word[i]);
}

double correlation(uint64_t (*a)(uint64_t), uint64_t (*b)(uint64_t), int n) {
  double sum_a = 0, sum_b = 0, ab = 0, aa = 0, bb = 0;
  for (int i = 0; i < n; ++i) {
    double x = double(a(uint64_t(i)) >> 11) * 0x1p-53, y = double(b(uint64_t(i)) >> 11) * 0x1p-53;
    sum_a += x, sum_b += y, ab += x * y, aa += x * x, bb += y * y;
  }
  double cov = ab / n - sum_a / n * sum_b / n;
  return cov / std::sqrt((aa / n - sum_a / n * sum_a / n) * (bb / n - sum_b / n * sum_b / n));
}

}  // namespace

TEST_CASE("philox gives the known answers of its authors' test vectors") {
  check_block({{0, 0, 0, 0}}, 0, 0, {{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}});
  check_block({{~0u, ~0u, ~0u, ~0u}}, ~0u, ~0u, {{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}});
  check_block({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, 0xa4093822, 0x299f31d0,
              {{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}});
}

TEST_CASE("random_unit is uniform in [0, 1)") {
  const int n = 1 << 18, bins = 256;
  std::vector<int> count(bins);
  double sum = 0;
  for (int i = 0; i < n; ++i) {
    double u = random_unit(7, 3, uint64_t(i));
    REQUIRE((u >= 0 && u < 1));
    sum += u;
    ++count[size_t(u * bins)];
  }
  double chi2 = 0, expected = double(n) / bins;
  for (int c : count) chi2 += (c - expected) * (c - expected) / expected;
  CHECK(chi2 > 255 - 6 * 22.6);  // 255 degrees of freedom: deviation 22.6
  CHECK(chi2 < 255 + 6 * 22.6);
  CHECK(std::abs(sum / n - 0.5) < 6 * 0.2887 / std::sqrt(n));
}

TEST_CASE("every bit is set half of the time") {
  const int n = 1 << 16;
  for (int bit = 0; bit < 64; ++bit) {
    int set = 0;
    for (int i = 0; i < n; ++i) set += int(random_bits(11, 5, uint64_t(i)) >> bit & 1);
    CHECK(std::abs(set - n / 2) < 6 * std::sqrt(n) / 2);
  }
}

TEST_CASE("neighbouring indices, streams and seeds are uncorrelated") {
  const int n = 1 << 17;
  double limit = 6 / std::sqrt(n);
  auto base = [](uint64_t i) { return random_bits(1, 1, i); };
  CHECK(std::abs(correlation(
            base, [](uint64_t i) { return random_bits(1, 1, i + 1); }, n)) < limit);
  CHECK(std::abs(correlation(
            base, [](uint64_t i) { return random_bits(1, 2, i); }, n)) < limit);
  CHECK(std::abs(correlation(
            base, [](uint64_t i) { return random_bits(2, 1, i); }, n)) < limit);
  CHECK(std::abs(correlation(
            base, [](uint64_t i) { return random_bits(i, 1, 1); }, n)) < limit);
}

TEST_CASE("all three arguments matter, in all of their bits") {
  std::set<uint64_t> seen = {random_bits(0, 0, 0)};
  for (int bit = 0; bit < 64; ++bit) {
    seen.insert(random_bits(uint64_t(1) << bit, 0, 0));
    seen.insert(random_bits(0, uint64_t(1) << bit, 0));
    seen.insert(random_bits(0, 0, uint64_t(1) << bit));
  }
  CHECK(seen.size() == 1 + 3 * 64);
}

TEST_CASE("a sequence is its stream read in order") {
  base::RandomSequence sequence(5, 9);
  CHECK(sequence.bits() == random_bits(5, 9, 0));
  CHECK(sequence.unit() == random_unit(5, 9, 1));
  for (int i = 0; i < 1000; ++i) {
    int64_t k = sequence.below(7);
    REQUIRE((k >= 0 && k < 7));
    double u = sequence.uniform(-2, 3);
    REQUIRE((u >= -2 && u < 3));
  }
}
