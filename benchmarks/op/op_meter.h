// Times each operation of a step that really runs.
#pragma once
#include <string>
#include <vector>

#include "benchmarks/op/queue_events.h"

namespace benchmarks {

// A piece of work, and the least it costs: every operand read or written once.
struct Op {
  std::string name, detail;  // "conv forward", "3x3 256>256 40x40 relu6"
  double flop = 0;           // of convolutions; what other operations compute is free
  double bytes = 0;
};

struct TimedOp {
  Op op;
  double seconds;
};

struct TimedStep {
  std::vector<TimedOp> ops;  // in the order of running
  double seconds = 0;        // from the beginning of the first to the end of the last
};

// On a GPU, times are between events of the queue: they hold the gaps that the host leaves inside
// an operation, so let it get ahead first. On the CPU they are wall time, or CPU time.
class OpMeter {
 public:
  // The calls of kernels are caught where nothing can be handed in (kernel_calls.cpp).
  static OpMeter& instance();

  void use_cpu_time(bool yes) { cpu_time_ = yes; }
  void start(kernels::Queue);  // from now on operations count
  TimedStep stop();            // waits for them

  // Runs `work`, queued in `queue`; `describe` says which Op it is. Work inside work is part of it.
  template <class Describe, class Work>
  void measure(kernels::Queue queue, const Describe& describe, const Work& work) {
    if (!running_ || inside_) return work();
    ops_.push_back({describe(), 0});
    inside_ = true;
    mark(queue);
    work();
    mark(queue);
    inside_ = false;
  }

 private:
  void mark(kernels::Queue);

  bool running_ = false, inside_ = false, gpu_ = false, cpu_time_ = false;
  std::vector<TimedOp> ops_;
  std::vector<double> host_marks_;
  QueueEvents gpu_marks_;
};

}  // namespace benchmarks
