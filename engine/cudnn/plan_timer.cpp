#include "engine/cudnn/plan_timer.h"

#include <cuda_runtime.h>

#include <algorithm>

#include "engine/base/error.h"
#include "engine/cuda_check.h"
#include "engine/recorded_graph.h"

namespace engine {
namespace {

// Plans are timed in rows of runs, one behind the other: on an idle GPU the host's part in a single
// run may be longer than the GPU's.
constexpr int kTimedRows = 3, kMostRunsOfRow = 20;
constexpr float kMillisecondsOfRow = 0.5f;

class Event {
 public:
  Event() { CUDA_CHECK(cudaEventCreate(&event_)); }
  ~Event() { cudaEventDestroy(event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;
  void record(kernels::Queue queue) {
    CUDA_CHECK(cudaEventRecord(event_, cudaStream_t(queue.stream)));
  }
  float since(const Event& start) const {
    float milliseconds = 0;
    CUDA_CHECK(cudaEventElapsedTime(&milliseconds, start.event_, event_));
    return milliseconds;
  }

 private:
  cudaEvent_t event_ = nullptr;
};

ConvArgs with_workspace(ConvArgs args, const Memory& workspace) {
  args.workspace = workspace.data();
  return args;
}

}  // namespace

CudnnPlanTimer::CudnnPlanTimer(Backend& backend, const ConvShape& shape)
    : backend_(backend),
      shape_(shape),
      queue_(backend.queue(Lane::compute)),
      operands_(backend, shape) {}

bool CudnnPlanTimer::expect_results_of(ConvPlan& trusted) {
  try {
    auto expected = std::make_unique<SampleOperands>(backend_, shape_);
    Memory workspace(backend_, trusted.workspace(), MemoryKind::device);
    trusted.run(queue_, with_workspace(expected->args(), workspace));
    backend_.synchronize(queue_);
    expected_ = std::move(expected);
    return true;
  } catch (const base::Error& error) {  // no memory, or no such plan after all
    lacked_memory_ = lacked_memory_ || error.code() == base::ExitCode::resources;
    cudaGetLastError();
    backend_.synchronize(queue_);
    return false;
  }
}

std::optional<float> CudnnPlanTimer::time(ConvPlan& plan) { return run(plan, true); }

std::optional<float> CudnnPlanTimer::run(ConvPlan& plan, bool timed) {
  try {
    Memory workspace(backend_, plan.workspace(), MemoryKind::device);
    const ConvArgs args = with_workspace(operands_.args(), workspace);
    operands_.reset();
    plan.run(queue_, args);
    backend_.synchronize(queue_);
    if (!as_expected()) return std::nullopt;
    if (must_record_ && !records(plan, args)) return std::nullopt;
    return timed ? fastest_of(plan, args) : 0;
  } catch (const base::Error& error) {
    lacked_memory_ = lacked_memory_ || error.code() == base::ExitCode::resources;
    // Takes the error of a refused launch from the runtime, so that the next launch does not report
    // it. If a kernel failed while it ran, the CUDA context is lost: synchronize() then throws the
    // error again, and the caller gets it.
    cudaGetLastError();
    backend_.synchronize(queue_);
    return std::nullopt;
  }
}

bool CudnnPlanTimer::as_expected() {
  if (!expected_) return true;
  const double distance = operands_.distance(*expected_);
  if (distance <= result_tolerance(shape_)) return true;
  wrong_by_ = distance;
  return false;
}

// Whether the plan can be recorded, and gives the expected results in a recording, too: steps are
// recorded, and a plan may behave differently there.
bool CudnnPlanTimer::records(ConvPlan& plan, const ConvArgs& args) {
  std::optional<RecordedGraph> graph;
  try {
    graph.emplace(queue_, [&] { plan.run(queue_, args); });
  } catch (const std::exception& error) {
    if (unrecorded_.empty()) unrecorded_ = error.what();
    return false;
  }
  operands_.reset();
  graph->launch();
  backend_.synchronize(queue_);
  return as_expected();
}

// Runs the plan `runs` times in a row, several times, and returns the shortest time per run. If
// plans have to be recordable, the row is recorded, as steps are.
float CudnnPlanTimer::fastest_of_row(ConvPlan& plan, const ConvArgs& args, int runs) {
  const auto row = [&] {
    for (int i = 0; i < runs; ++i) plan.run(queue_, args);
  };
  std::optional<RecordedGraph> graph;
  if (must_record_) graph.emplace(queue_, row);
  float best = 0;
  Event start, end;
  for (int i = 0; i <= kTimedRows; ++i) {
    start.record(queue_);
    graph ? graph->launch() : row();
    end.record(queue_);
    backend_.synchronize(queue_);
    const float milliseconds = end.since(start);
    if (i <= 1 || milliseconds < best) best = milliseconds;  // the first row does not count
  }
  return best / float(runs);
}

float CudnnPlanTimer::fastest_of(ConvPlan& plan, const ConvArgs& args) {
  const float single = fastest_of_row(plan, args, 1);
  const int runs = int(kMillisecondsOfRow / std::max(single, kMillisecondsOfRow / kMostRunsOfRow));
  return runs > 1 ? fastest_of_row(plan, args, runs) : single;
}

}  // namespace engine
