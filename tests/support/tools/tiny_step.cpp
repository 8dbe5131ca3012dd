#include "tests/support/tools/tiny_step.h"

#include "tests/support/engine/test_kernels.h"
#include "tests/support/paths.h"

namespace tests {

model::DetectorOptions tiny_detector() {
  model::DetectorOptions o;
  o.height = o.width = 64;
  o.classes = 3;
  o.backbone_width = 8;
  o.units = {1, 1, 1, 1};
  o.fpn_channels = o.head_channels = 16;
  o.head_depth = 1;
  return o;
}

namespace {

engine::OptimizerOptions optimizer() {
  return {.rule = {.momentum = {.weight_decay = 4e-4}},
          .update = {.schedule = {.base_rate = 0.01},
                     .clip_norm = 10,
                     .average_decay = 0.9,
                     .loss_scale = {.interval = 5, .dynamic = true}}};
}

}  // namespace

TinyStep::TinyStep(const std::string& device, const std::string& precision, bool graph,
                   const model::DetectorOptions& options)
    : device_(device, 0.0625, 1, telling()),
      parameters_(device_.backend(), engine::precision_named(precision)),
      detector_(parameters_, options),
      optimizer_((parameters_.allocate(1), device_.backend()),  // after the detector's declarations
                 parameters_, optimizer(), 1024),
      step_(device_, detector_, parameters_, optimizer_,
            {.batch_size = kImages,
             .max_boxes = kMaxBoxes,
             .graph = graph,
             .scaling = {.mean = {120, 115, 100}, .deviation = {60, 60, 60}}}),
      batch_(device_.backend(), kImages, kMaxBoxes, tiny_detector()),
      other_(batch_.get()) {
  for (uint8_t byte : other_.pixels) negative_.push_back(uint8_t(255 - byte));
  other_.pixels = negative_;
}

engine::BackendOptions TinyStep::telling() {
  static const TemporaryFolder plans;  // each is made once in a process
  engine::BackendOptions options = backend_options();
  if (options.plan_cache.empty()) options.plan_cache = plans.path().string();
  options.tell = [this](const std::string& line) { told_ += line + "\n"; };
  return options;
}

void TinyStep::run(int steps, int delay) {
  std::mt19937 random(1);
  for (int i = 0; i < steps; ++i) {
    for (engine::Lane lane : {engine::Lane::copy, engine::Lane::compute})
      if (delay > 0) tests::delay(device_.backend().queue(lane), int(random() % unsigned(delay)));
    step_.run(i % 2 ? other_ : batch_.get());
  }
  device_.backend().synchronize(device_.queue());
}

// The momentum, which begins at 0.
Values TinyStep::first_gradient() {
  return read(device_.backend(), optimizer_.rule_buffers().at(0).values);
}

std::vector<View> TinyStep::changing() const {
  std::vector<View> views{parameters_.master(), parameters_.statistics(), optimizer_.average()};
  for (const auto& buffer : optimizer_.rule_buffers()) views.push_back(buffer.values);
  if (parameters_.working()) views.push_back(parameters_.working());
  views.push_back({optimizer_.device_state(), DType::u8, {1, {sizeof(engine::OptimizerState)}}});
  return views;
}

std::vector<std::vector<char>> TinyStep::state() {
  std::vector<std::vector<char>> all;
  for (const View& v : changing()) {
    all.emplace_back(engine::bytes_of(v));
    device_.backend().copy(all.back().data(), v.data, all.back().size(), device_.queue());
  }
  device_.backend().synchronize(device_.queue());
  return all;
}

void TinyStep::restore(const std::vector<std::vector<char>>& all) {
  const std::vector<View> views = changing();
  for (size_t i = 0; i < views.size(); ++i)
    device_.backend().copy(views[i].data, all.at(i).data(), all.at(i).size(), device_.queue());
  device_.backend().synchronize(device_.queue());
}

void TinyStep::fill_step_memory(unsigned char byte) {
  engine::Arena& arena = device_.arena();
  const std::vector<unsigned char> bytes(arena.size(), byte);
  void* all = arena.take(bytes.size());
  device_.backend().copy(all, bytes.data(), bytes.size(), device_.queue());
  device_.backend().synchronize(device_.queue());
  arena.give_back(all);
}

}  // namespace tests
