// One training step after another on every device: what memory held before does not matter, the
// same start gives the same bits, memory stays constant.
#include <algorithm>
#include <cmath>

#include "tests/support/catch.h"
#include "tests/support/engine/device_arrays.h"
#include "tests/support/tools/tiny_step.h"

using namespace tests;

namespace {

std::vector<std::string> precisions(const std::string& device) {
  if (on_gpu(device)) return {"fp32", "fp16", "bf16"};
  return {"fp32", "bf16"};
}

}  // namespace

TEST_CASE("a step that starts again from the same state ends in the same bits") {
  const std::string device = GENERATE(from_range(devices()));
  for (const std::string& precision : precisions(device)) {
    INFO(device << " " << precision);
    TinyStep tiny(device, precision);
    tiny.run(3);  // first run, recording, first replay
    const auto start = tiny.state();
    tiny.run(4);
    const auto end = tiny.state();
    const double total = tiny.losses().total;
    CHECK(std::isfinite(total));
    CHECK(end != start);
    for (unsigned char before : {0xff, 0x7f, 0x00}) {  // NaN, huge, zero
      if (before == 0x00 && precision != "fp32" && rounds(1, 0) == 0) break;
      tiny.restore(start);
      tiny.fill_step_memory(before);
      tiny.run(4);
      CHECK((tiny.state() == end));
      CHECK(tiny.losses().total == total);
    }
  }
}

TEST_CASE("two runs from the same seed end in the same bits") {
  const std::string device = GENERATE(from_range(devices()));
  for (const std::string& precision : precisions(device)) {
    INFO(device << " " << precision);
    TinyStep a(device, precision), b(device, precision);
    const int steps = rounds(12, 6);  // the loss scale grows after five
    a.run(steps);
    b.run(steps);
    CHECK((a.state() == b.state()));
  }
}

TEST_CASE("a recorded step gives the bits of the step queued anew") {
  const std::string device = GENERATE(from_range(devices()));
  for (const std::string& precision : precisions(device)) {
    INFO(device << " " << precision);
    TinyStep recorded(device, precision), anew(device, precision, false);
    const int steps = rounds(20, 7);
    recorded.run(steps);
    anew.run(steps);
    CHECK((recorded.state() == anew.state()));
    CHECK(recorded.losses().total == anew.losses().total);
    CHECK(recorded.told().find("cannot be recorded") == std::string::npos);
  }
}

TEST_CASE("batches that arrive late change no bit") {
  const std::string device = GENERATE(from_range(devices()));
  TinyStep prompt(device, "fp32"), late(device, "fp32");
  const int steps = rounds(100, 10);
  prompt.run(steps);
  late.run(steps, 3000);
  CHECK((prompt.state() == late.state()));
}

TEST_CASE("step memory is given back, and its size does not grow") {
  const std::string device = GENERATE(from_range(devices()));
  TinyStep tiny(device, "fp32");
  tiny.run(3);
  const size_t peak = tiny.device().arena().peak();
  tiny.run(rounds(30, 10));
  CHECK(tiny.device().arena().empty());
  CHECK(tiny.device().arena().peak() == peak);
}

// Batch norm as in training, with constant statistics, and in a backbone of another kind.
TEST_CASE("the first gradient on a GPU is the CPU's, and recorded steps have its bits") {
  if (!have_gpu()) return;
  model::DetectorOptions frozen = tiny_detector(), other = tiny_detector();
  frozen.frozen_batch_norm = true;
  other.stride_in_3x3 = true, other.backbone_relu6 = false, other.max_level = 6;
  for (const model::DetectorOptions& options : {tiny_detector(), frozen, other}) {
    INFO("frozen " << options.frozen_batch_norm << ", stride in 3x3 " << options.stride_in_3x3);
    TinyStep cpu("cpu", "fp32", true, options), gpu("cuda:0", "fp32", true, options);
    cpu.run(1);
    gpu.run(1);
    CHECK(distance(gpu.first_gradient(), cpu.first_gradient()) < 1e-3);
    TinyStep recorded("cuda:0", "fp16", true, options), anew("cuda:0", "fp16", false, options);
    recorded.run(5);
    anew.run(5);
    CHECK((recorded.state() == anew.state()));
  }
}

TEST_CASE("first losses on a GPU are the CPU's") {
  if (!have_gpu()) return;
  TinyStep cpu("cpu", "fp32");
  cpu.run(1);
  for (const std::string& precision : precisions("cuda:0")) {
    TinyStep gpu("cuda:0", precision);
    gpu.run(1);
    const double limit = precision == "fp32" ? 1e-4 : 2e-2;  // docs/numerics.md: losses
    INFO(precision);
    CHECK(gpu.losses().total == Approx(cpu.losses().total).epsilon(limit));
    CHECK(gpu.losses().classification == Approx(cpu.losses().classification).epsilon(limit));
    CHECK(gpu.losses().localization == Approx(cpu.losses().localization).epsilon(limit));
  }
}
