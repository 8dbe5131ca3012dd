// Detection on a GPU: the boxes that the CPU finds; the same bits recorded and queued anew.
#include <cmath>

#include "benchmarks/random_batch.h"
#include "tests/support/catch.h"
#include "tests/support/tools/tiny_step.h"
#include "tools/run/inference.h"

using namespace tests;
using run::FoundBox;

namespace {

using Boxes = std::vector<std::vector<FoundBox>>;  // by image

class TinyDetection {
 public:
  // `changed`: has from its start the weights that change() gives.
  TinyDetection(const std::string& device, const std::string& precision, bool graph = true,
                const std::vector<int>& columns = {}, bool changed = false)
      : device_(device, 0.0625, 1, backend_options()),
        parameters_(device_.backend(), engine::precision_named(precision)),
        detector_(parameters_, tiny_detector()),
        batch_((set_weights(changed), device_.backend()), kImages, 10, tiny_detector()),
        inference_(device_, detector_, kImages, 10, {.max_total = 40},
                   {.mean = {120, 115, 100}, .deviation = {60, 60, 60}}, columns, graph) {}

  Boxes run() { return inference_.run(batch_.get()); }
  void change() {
    change_weights();
    inference_.refresh();
  }

 private:
  void set_weights(bool changed) {
    parameters_.allocate(1);
    // A fresh network's scores are nearly equal: rounding would decide their order.
    scale("heads/class_predictor/kernel", 30);
    if (changed) change_weights();
  }

  // One layer that is followed by a batch norm, which detection folds into it, and one that is not.
  void change_weights() {
    scale("backbone/conv1/kernel", 1.25);
    scale("heads/class_predictor/kernel", -0.7);
  }

  void scale(const std::string& name, double factor) {
    int found = 0;
    for (const engine::Parameters::Named& p : parameters_.named()) {
      if (p.name != name) continue;
      ++found;
      Values values = read(device_.backend(), p.value);
      for (double& v : values) v *= factor;
      write(device_.backend(), p.value, values);
    }
    REQUIRE(found == 1);
    parameters_.refresh_working(device_.queue());
    device_.backend().synchronize(device_.queue());
  }

  static constexpr int kImages = 3;
  run::Device device_;
  engine::Parameters parameters_;
  model::Detector detector_;
  benchmarks::RandomBatch batch_;
  run::Inference inference_;
};

std::vector<float> numbers(const FoundBox& b) { return {b.ymin, b.xmin, b.ymax, b.xmax, b.score}; }

// The same classes, and numbers that differ by no more than `limit`.
void check_near(const Boxes& got, const Boxes& expected, float limit) {
  REQUIRE(got.size() == expected.size());
  for (size_t image = 0; image < got.size(); ++image) {
    INFO("image " << image);
    REQUIRE(got[image].size() == expected[image].size());
    for (size_t i = 0; i < got[image].size(); ++i) {
      INFO("box " << i);
      const std::vector<float> a = numbers(got[image][i]), b = numbers(expected[image][i]);
      CHECK(got[image][i].column == expected[image][i].column);
      for (size_t k = 0; k < a.size(); ++k) CHECK(std::fabs(a[k] - b[k]) <= limit);
    }
  }
}

}  // namespace

TEST_CASE("a GPU finds the CPU's boxes, of all classes and of those that are wanted") {
  if (!have_gpu()) return;
  for (const std::vector<int>& columns : {std::vector<int>{}, {3, 1}}) {
    INFO(columns.size() << " columns");
    TinyDetection cpu("cpu", "fp32", true, columns), gpu("cuda:0", "fp32", true, columns);
    const Boxes expected = cpu.run();
    REQUIRE(expected[0].size() == 40);
    for (const std::vector<FoundBox>& boxes : expected)
      for (const FoundBox& box : boxes) CHECK((columns.empty() || box.column != 2));
    for (int i = 0; i < 4; ++i) check_near(gpu.run(), expected, 1e-4f);  // queued, then recorded
  }
}

TEST_CASE("recorded detection gives the bits of detection that is queued anew") {
  const std::string device = GENERATE(from_range(devices()));
  for (const char* precision : {"fp32", "bf16"}) {
    INFO(device << " " << precision);
    TinyDetection recorded(device, precision), anew(device, precision, false);
    for (int i = 0; i < 4; ++i) check_near(recorded.run(), anew.run(), 0);
  }
}

TEST_CASE("detection follows weights that change after it was recorded") {
  const std::string device = GENERATE(from_range(devices()));
  INFO(device);
  TinyDetection changed(device, "fp32"), fresh(device, "fp32", true, {}, true);
  Boxes before;
  for (int i = 0; i < 3; ++i) before = changed.run();
  changed.change();
  const Boxes after = changed.run();
  check_near(after, fresh.run(), 0);
  CHECK(numbers(after[0][0]) != numbers(before[0][0]));
}
