// How the flat gradient buffer is divided.
#include "engine/collectives/gradient_buckets.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "tests/support/catch.h"

using engine::GradientBuckets, engine::GradientPart, engine::GradientParts;

namespace {

int64_t elements_of(const GradientParts& parts) {
  int64_t n = 0;
  for (const GradientPart& part : parts) n += part.count;
  return n;
}

// Whether the buckets hold each of `total` elements once.
bool whole(const GradientBuckets& buckets, int64_t total) {
  std::vector<int> times(static_cast<size_t>(total));
  for (size_t b = 0; b < buckets.count(); ++b)
    for (const GradientPart& part : buckets.parts(b))
      for (int64_t i = 0; i < part.count; ++i) ++times.at(size_t(part.first + i));
  return std::all_of(times.begin(), times.end(), [](int n) { return n == 1; });
}

}  // namespace

TEST_CASE("buckets follow the order of completion, and are about equal") {
  // Two layers each have a kernel, in the front of the buffer, and a bias behind all kernels.
  const GradientBuckets buckets({300, 410, 200, 400, 100, 0}, 420, 2);
  REQUIRE(buckets.count() == 2);
  CHECK(buckets.parts(0) == GradientParts{{200, 200}, {410, 10}});
  CHECK(buckets.parts(1) == GradientParts{{0, 200}, {400, 10}});
  CHECK(buckets.gradients() == std::vector<int>{3, 3});
  CHECK(buckets.bucket_of(410) == 0);
  CHECK(buckets.bucket_of(400) == 1);
}

TEST_CASE("what lies between gradients, and what nothing completes, is summed, too") {
  const GradientBuckets buckets({64, 32}, 128, 4);  // 0 to 31 and 100 to 127 belong to nobody
  REQUIRE(buckets.count() == 2);
  CHECK(buckets.parts(0) == GradientParts{{64, 64}});
  CHECK(buckets.parts(1) == GradientParts{{0, 64}});
  const GradientBuckets none({}, 128, 4);
  REQUIRE(none.count() == 1);
  CHECK(none.parts(0) == GradientParts{{0, 128}});
}

TEST_CASE("a gradient larger than a share leaves no bucket empty") {
  const GradientBuckets buckets({0, 1000, 1001}, 1002, 4);
  CHECK(buckets.count() == 2);
  CHECK(whole(buckets, 1002));
}

TEST_CASE("any order makes buckets that hold every element once, none much larger than a share") {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<int64_t> begins{0};
    const auto gradients = 1 + random() % 60;
    for (uint64_t i = 1; i < gradients; ++i)
      begins.push_back(begins.back() + 1 + int64_t(random() % 90));
    const int64_t total = begins.back() + 90;
    std::shuffle(begins.begin(), begins.end(), random);
    const int most = 1 + int(random() % 8);
    const GradientBuckets buckets(begins, total, most);
    INFO(gradients << " gradients, " << total << " elements, " << most << " buckets");
    CHECK(whole(buckets, total));
    CHECK(buckets.count() <= size_t(most));
    for (size_t b = 0; b < buckets.count(); ++b)
      CHECK(elements_of(buckets.parts(b)) <= total / most + 1 + 90);
    const std::vector<int>& counts = buckets.gradients();
    CHECK(std::accumulate(counts.begin(), counts.end(), 0) == int(gradients));
    for (size_t i = 1; i < begins.size(); ++i)
      CHECK(buckets.bucket_of(begins[i - 1]) <= buckets.bucket_of(begins[i]));
  }
}
