#include "benchmarks/op/metered_backend.h"

#include <fmt/core.h>

#include <sstream>

#include "benchmarks/op/op_meter.h"
#include "engine/conv/operands.h"

namespace benchmarks {
namespace {

using engine::ConvShape;

// Of the fields that describe() names one after the other, those behind the shape that are set.
std::string fusions_of(const ConvShape& s) {
  std::istringstream words(engine::describe(s));
  std::string text, name, value;
  while (words >> name && name != "pad") {
  }
  words >> value;
  while (words >> name >> value) {
    if (name == "exact" || value == "0" || value == "none") continue;
    text += " " + name + (value == "1" ? "" : " " + value);
  }
  return text;
}

// Kernel, channels, size of y, and what is fused.
std::string detail_of(const ConvShape& s) {
  return fmt::format("{0}x{0}{1} {2}>{3} {4}x{5}{6}", s.kernel,
                     s.stride > 1 ? fmt::format("/{}", s.stride) : "", s.in_channels,
                     s.out_channels, s.out_height(), s.out_width(), fusions_of(s));
}

Op op_of(const ConvShape& s) {
  static constexpr const char* kNames[] = {"conv forward", "conv grad_input", "conv grad_weight"};
  Op op{.name = kNames[int(s.pass)], .detail = detail_of(s), .flop = 2 * double(s.macs())};
  for (const engine::ConvOperand& o : engine::conv_operands(s))
    op.bytes +=
        double(int(o.read) + int(o.written)) * double(o.shape.size() * kernels::size_of(o.dtype));
  return op;
}

class MeteredConv : public engine::ConvPlan {
 public:
  MeteredConv(std::unique_ptr<engine::ConvPlan> plan, const ConvShape& shape)
      : plan_(std::move(plan)), op_(op_of(shape)) {}
  size_t workspace() const override { return plan_->workspace(); }
  void run(kernels::Queue queue, const engine::ConvArgs& args) override {
    OpMeter::instance().measure(
        queue, [&] { return op_; }, [&] { plan_->run(queue, args); });
  }

 private:
  std::unique_ptr<engine::ConvPlan> plan_;
  Op op_;
};

}  // namespace

void MeteredBackend::copy(void* to, const void* from, size_t bytes, kernels::Queue queue) {
  auto work = [&] { device_->copy(to, from, bytes, queue); };
  // What another queue copies runs beside the step.
  if (queue.stream != device_->queue(engine::Lane::compute).stream) return work();
  OpMeter::instance().measure(
      queue, [&] { return Op{.name = "copy", .bytes = 2 * double(bytes)}; }, work);
}

std::unique_ptr<engine::ConvPlan> MeteredBackend::plan(const ConvShape& shape) {
  auto real = device_->plan(shape);
  return real ? std::make_unique<MeteredConv>(std::move(real), shape) : nullptr;
}

std::function<void()> MeteredBackend::record(kernels::Queue, const std::function<void()>& work) {
  work();
  return work;
}

}  // namespace benchmarks
