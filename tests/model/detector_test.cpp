// The detector's shape: parameters, anchors, work, against docs and the original's counts.
#include "model/detector.h"
#include "tests/support/catch.h"

#include <set>

#include "tests/support/engine/op_case.h"

using namespace tests;
using engine::Parameters, model::Detector, model::DetectorOptions;

namespace {

struct Sample {
  Bench bench;
  Parameters parameters;
  Detector detector;

  explicit Sample(const DetectorOptions& options, const char* precision = "fp32")
      : bench(size_t(2) << 30),
        parameters(*bench.backend, engine::precision_named(precision)),
        detector(parameters, options) {
    parameters.allocate(1, {}, false);
  }

  Tensor images(const Context& c, int n, double low = -120, double high = 140) {
    const auto& o = detector.options();
    std::mt19937 random(3);
    Tensor x = c.empty({4, {n, o.height, o.width, 3}}, parameters.precision().activations);
    write(x, uniform(random, size_t(x.shape().size()), low, high));
    return x;
  }
};

DetectorOptions small() {
  DetectorOptions o;
  o.height = o.width = 96;
  o.classes = 3;
  o.backbone_width = 8;
  o.units = {1, 1, 2, 1};
  o.fpn_channels = o.head_channels = 16;
  o.head_depth = 2;
  return o;
}

int64_t count(const Parameters& p, const std::string& prefix, const std::string& ending = "") {
  int64_t n = 0;
  for (const auto& named : p.named())
    if (!named.statistic && named.name.starts_with(prefix) && named.name.ends_with(ending))
      n += named.value.shape.size();
  return n;
}

int64_t statistic_values(const Parameters& p) {
  int64_t n = 0;
  for (const auto& named : p.named())
    if (named.statistic) n += named.value.shape.size();
  return n;
}

}  // namespace

TEST_CASE("SSD320 has the original's parameters") {
  auto backend = engine::make_cpu_backend();
  Parameters p(*backend, engine::precision_named("fp32"));
  Detector detector(p, {});
  p.allocate(1, {}, false);
  CHECK(p.trainable_values() == 32840570);
  CHECK(statistic_values(p) == 75648);
  CHECK(count(p, "backbone/", "kernel") == 23454912);
  CHECK(count(p, "backbone/") == 23508032);
  CHECK(count(p, "fpn/") == 3279616);
  CHECK(count(p, "heads/box_predictor/") == 55320);
  CHECK(count(p, "heads/class_predictor/") == 1258530);
  CHECK(count(p, "heads/box_tower/") + count(p, "heads/class_tower/") == 4739072);
  CHECK(count(p, "", "/kernel") == 32763584);

  std::set<std::string> names;
  int64_t trainable = 0, kernels = 0, statistics = 0;
  for (const auto& named : p.named()) {
    names.insert(named.name);
    (named.statistic ? statistics : trainable) += 1;
    kernels += named.name.ends_with("/kernel");
  }
  CHECK(names.size() == p.named().size());
  CHECK(trainable == 269);
  CHECK(statistics == 194);
  CHECK(kernels == 70);
}

TEST_CASE("SSD320 does the original's work per image") {
  Sample s(DetectorOptions{});
  Context c = s.bench.context(nullptr, false);
  auto folded = s.detector.fold(*s.bench.backend);
  auto out = s.detector.forward(c, s.images(c, 1), folded.get());
  CHECK(s.bench.plans.macs() == 22307953664);
  for (const Tensor& t : out.class_logits) CHECK(t.shape()[3] == 546);
  // At the start every score is about sigmoid(-4.6) = 0.01.
  double sum = 0, n = 0;
  for (const Tensor& t : out.class_logits)
    for (double x : read(t)) sum += 1 / (1 + std::exp(-x)), n += 1;
  CHECK(n == 12804 * 91);
  CHECK(sum / n == Approx(0.00995).epsilon(0.2));
}

TEST_CASE("detector: level sizes and channels") {
  Sample s(small());
  Context c = s.bench.context(nullptr, false);
  auto out = s.detector.forward(c, s.images(c, 2));
  REQUIRE(out.class_logits.size() == 5);
  const int sizes[] = {12, 6, 3, 2, 1};
  for (size_t level = 0; level < 5; ++level) {
    CHECK(out.class_logits[level].shape() == Shape{4, {2, sizes[level], sizes[level], 6 * 4}});
    CHECK(out.box_codes[level].shape() == Shape{4, {2, sizes[level], sizes[level], 6 * 4}});
    CHECK(model::feature_size(96, int(level) + 3) == sizes[level]);
  }
}

TEST_CASE("detector: folded weights give what batch norm gives") {
  for (const char* precision : {"fp32", "bf16"}) {
    Sample s(small(), precision);
    std::mt19937 random(7);
    for (const auto& named : s.parameters.named()) {  // statistics and scales away from their start
      Tensor t = Tensor::borrow(named.value);
      size_t n = size_t(t.shape().size());
      if (named.name.ends_with("moving_mean")) write(t, uniform(random, n, -0.5, 0.5));
      if (named.name.ends_with("moving_variance")) write(t, uniform(random, n, 0.5, 2));
      if (named.name.ends_with("gamma")) write(t, uniform(random, n, 0.5, 1.5));
      if (named.name.ends_with("/kernel")) write(t, uniform(random, n, -0.1, 0.1));
    }
    s.parameters.refresh_working({});
    auto folded = s.detector.fold(*s.bench.backend);
    Context c = s.bench.context(nullptr, false);
    Tensor x = s.images(c, 2, -2, 2);
    auto plain = s.detector.forward(c, x), fast = s.detector.forward(c, x, folded.get());
    double limit = std::string(precision) == "fp32" ? 1e-4 : 6e-2;
    for (size_t level = 0; level < 5; ++level) {
      INFO(precision << " level " << level + 3);
      CHECK(distance(read(fast.class_logits[level]), read(plain.class_logits[level])) < limit);
      CHECK(distance(read(fast.box_codes[level]), read(plain.box_codes[level])) < limit);
    }
  }
}

TEST_CASE("detector: stride placement v1.5 has the same sizes and other values") {
  DetectorOptions v15 = small();
  v15.stride_in_3x3 = true;
  Sample a(small()), b(v15);
  CHECK(a.parameters.trainable_values() == b.parameters.trainable_values());
  Context ca = a.bench.context(nullptr, false), cb = b.bench.context(nullptr, false);
  auto ya = a.detector.forward(ca, a.images(ca, 1)), yb = b.detector.forward(cb, b.images(cb, 1));
  CHECK(ya.box_codes[0].shape() == yb.box_codes[0].shape());
  CHECK(read(ya.box_codes[0]) != read(yb.box_codes[0]));
}

TEST_CASE("detector: options out of range name their key") {
  auto refused = [](auto change, const std::string& key) {
    DetectorOptions o = small();
    change(o);
    CHECK_THROWS_WITH(model::check(o), Catch::Contains(key));
  };
  refused([](auto& o) { o.height = 100; }, "input");
  refused([](auto& o) { o.classes = 0; }, "classes");
  refused([](auto& o) { o.max_level = 8; }, "max_level");
  refused([](auto& o) { o.aspect_ratios = {1, -1}; }, "aspect_ratios");
  refused([](auto& o) { o.units[2] = 0; }, "units");
}
