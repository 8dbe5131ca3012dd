#include "benchmarks/op/peaks.h"

#include <algorithm>

#include "benchmarks/op/op_meter.h"
#include "engine/conv/operands.h"
#include "kernels/elementwise.h"

namespace benchmarks {
namespace {

using namespace engine;

constexpr int64_t kGpuImages = 64, kCpuImages = 4;  // of 40 x 40 pixels, as large as P3

// Without padding, so that Winograd's algorithm, which leaves multiplications out, is not taken.
ConvShape large_conv(const Precision& p, int64_t images, int kernel, int channels) {
  return {{.images = int(images),
           .height = 40,
           .width = 40,
           .in_channels = channels,
           .out_channels = channels,
           .kernel = kernel},
          engine::ConvPass::forward,
          p.activations,
          p.exact_f32};
}

// The fastest run of work that is one operation.
template <class Work> TimedOp fastest(Backend& backend, int runs, const Work& work) {
  const kernels::Queue queue = backend.queue(Lane::compute);
  work();
  backend.synchronize(queue);
  TimedOp best{{}, 1e30};
  for (int i = 0; i < runs; ++i) {
    OpMeter::instance().start(queue);
    work();
    for (const TimedOp& op : OpMeter::instance().stop().ops)
      if (op.seconds < best.seconds) best = op;
  }
  return best;
}

TimedOp time_conv(Backend& backend, const ConvShape& shape, int runs) {
  const kernels::Queue queue = backend.queue(Lane::compute);
  const auto plan = backend.plan(shape);
  std::vector<std::unique_ptr<Memory>> memory;
  ConvArgs args;
  for (const ConvOperand& o : conv_operands(shape)) {
    View view{nullptr, o.dtype, o.shape};
    memory.push_back(std::make_unique<Memory>(backend, bytes_of(view), MemoryKind::device));
    view.data = memory.back()->data();
    kernels::fill(queue, view, 0.01);
    args.*o.view = view;
  }
  const Memory workspace(backend, plan->workspace(), MemoryKind::device);
  args.workspace = workspace.data();
  return fastest(backend, runs, [&] { plan->run(queue, args); });
}

// Bytes per second of a copy, or of an addition in place, whichever is faster: a CPU reads what it
// is about to write.
double time_memory(Backend& backend, int runs) {
  const kernels::Queue queue = backend.queue(Lane::compute);
  const Shape shape{1, {int64_t(queue.gpu ? 256 : 64) << 20}};
  const Memory a(backend, size_t(shape.size()) * 4, MemoryKind::device),
      b(backend, size_t(shape.size()) * 4, MemoryKind::device);
  const View x{a.data(), DType::f32, shape}, y{b.data(), DType::f32, shape};
  kernels::fill(queue, x, 1);
  const TimedOp copy = fastest(backend, runs, [&] { kernels::cast(queue, x, y); }),
                sum = fastest(backend, runs, [&] { kernels::add_into(queue, y, x); });
  return std::max(copy.op.bytes / copy.seconds, sum.op.bytes / sum.seconds);
}

}  // namespace

Peaks measure_peaks(Backend& backend, const Precision& precision, int runs) {
  Peaks peaks{.bytes_per_second = time_memory(backend, runs)};
  const int64_t images = backend.queue(Lane::compute).gpu ? kGpuImages : kCpuImages;
  for (auto [kernel, channels] : {std::pair{1, 1024}, {3, 256}, {3, 512}}) {
    const TimedOp best = time_conv(backend, large_conv(precision, images, kernel, channels), runs);
    if (best.op.flop / best.seconds <= peaks.flop_per_second) continue;
    peaks.flop_per_second = best.op.flop / best.seconds;
    peaks.convolution = best.op.detail;
  }
  return peaks;
}

Peaks best_of(const Peaks& a, const Peaks& b) {
  Peaks best = a.flop_per_second > b.flop_per_second ? a : b;
  best.bytes_per_second = std::max(a.bytes_per_second, b.bytes_per_second);
  return best;
}

}  // namespace benchmarks
