// Training steps against PyTorch's, stored in tests/golden by tests/peers/torch_parity.py.
#include <cmath>
#include <set>

#include "engine/safetensors.h"
#include "tests/support/catch.h"
#include "tests/support/fingerprint.h"
#include "tests/support/paths.h"
#include "tests/support/tools/parity_run.h"

using engine::SafetensorsFile;
using Values = std::vector<double>;

namespace {

Values stored(const SafetensorsFile& file, const std::string& name) {
  const engine::StoredTensor* t = file.find(name);
  REQUIRE(t);
  return file.read_doubles(*t);
}

// Largest differences of what `precision` computes, relative to each tensor's largest value.
void compare(const std::string& precision, double limit) {
  tests::TemporaryFolder folder;
  const std::string in = tests::source_dir() / "tests/golden/parity_small.safetensors";
  const std::string out = folder.path() / "out";
  tests::run_parity(in, out, {.precision = precision, .memory_gib = 0.25});

  SafetensorsFile golden(in), ours(out);
  Values losses = stored(ours, "losses"), expected_losses = stored(golden, "expected/losses");
  REQUIRE(losses.size() == expected_losses.size());
  for (size_t i = 0; i < losses.size(); ++i)
    CHECK(std::fabs(losses[i] / expected_losses[i] - 1) < limit);

  std::set<std::string> names;
  for (const auto& t : ours.tensors())
    if (t.name != "losses" && t.name != "anchors") names.insert(t.name);
  const size_t samples = std::stoul(golden.metadata().at("samples"));
  Values expected = stored(golden, "expected/all"), largest = stored(golden, "expected/largest");
  REQUIRE(names.size() == largest.size());
  size_t next = 0, tensor = 0;
  for (const std::string& name : names) {
    INFO(precision << " " << name);
    Values v = stored(ours, name), found = tests::fingerprint(v, samples);
    REQUIRE(next + found.size() <= expected.size());
    const double scale = largest[tensor++];
    double worst = 0;
    for (size_t i = 0; i + 1 < found.size(); ++i)
      worst = std::max(worst, std::fabs(found[i] - expected[next + i]) / scale);
    CHECK(worst <= limit);
    CHECK(std::fabs(found.back() - expected[next + found.size() - 1]) <=
          limit * scale * std::sqrt(double(v.size())));
    next += found.size();
  }
  CHECK(next == expected.size());
}

}  // namespace

TEST_CASE("three training steps give what PyTorch gives") {
#ifndef SSD_CUDA_BUILD
  compare("f64", 1e-9);
#endif
  compare("fp32", 1e-4);
}
