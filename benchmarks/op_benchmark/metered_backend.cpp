#include "benchmarks/op_benchmark/metered_backend.h"

#include <fmt/core.h>

#include "benchmarks/op_benchmark/op_meter.h"
#include "engine/conv_operands.h"

namespace benchmarks {
namespace {

using engine::Activation, engine::ConvShape;

const char* name_of(Activation a) {
  return a == Activation::relu ? " relu" : a == Activation::relu6 ? " relu6" : "";
}

// Kernel, channels, size of y, and what is fused.
std::string detail_of(const ConvShape& s) {
  std::string text = fmt::format("{0}x{0}", s.kernel);
  if (s.stride > 1) text += fmt::format("/{}", s.stride);
  text += fmt::format(" {}>{} {}x{}", s.in_channels, s.out_channels, s.out_height(), s.out_width());
  if (s.bias) text += " bias";
  if (s.residual) text += " residual";
  text += name_of(s.activation);
  if (s.statistics || s.reductions) text += " sums";
  if (s.accumulate) text += " accumulate";
  if (s.mask != Activation::none) text += std::string(name_of(s.mask)) + " mask";
  return text;
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
