#include "benchmarks/op/op_meter.h"

#include "benchmarks/times.h"

namespace benchmarks {

OpMeter& OpMeter::instance() {
  static OpMeter meter;
  return meter;
}

void OpMeter::mark(kernels::Queue queue) {
  if (gpu_)
    gpu_marks_.record(queue);
  else
    host_marks_.push_back(seconds_now(cpu_time_));
}

void OpMeter::start(kernels::Queue queue) {
  gpu_ = queue.gpu;
  running_ = true;
}

TimedStep OpMeter::stop() {
  running_ = false;
  const std::vector<double> marks = gpu_ ? gpu_marks_.take() : std::move(host_marks_);
  host_marks_.clear();
  TimedStep step{.ops = std::move(ops_)};
  ops_.clear();
  for (size_t i = 0; i < step.ops.size(); ++i)
    step.ops[i].seconds = marks[2 * i + 1] - marks[2 * i];
  if (!marks.empty()) step.seconds = marks.back() - marks.front();
  return step;
}

}  // namespace benchmarks
