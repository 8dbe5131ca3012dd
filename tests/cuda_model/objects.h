// What CUDA's handles point to. Calls of the runtime hold lock() while they use it.
#pragma once
#include <chrono>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "tests/cuda_model/model.h"

namespace cuda_model {

using Clock = std::chrono::steady_clock;

// A point in a stream's work: one recording of an event, or the end of a graph's launch.
struct Moment {
  CUstream_st* stream = nullptr;
  bool reached = false;
  Clock::time_point time;
};
using MomentPtr = std::shared_ptr<Moment>;

// What a kernel, a copy or a library does.
struct Work {
  std::string name;
  int device = 0;  // that runs it, and whose memory it may touch
  std::function<void()> run;
  bool copies = false;  // it may touch the memory of every device
};

// One entry of a stream. Each step() does a part and returns whether it was the last.
struct Operation {
  MomentPtr awaited;  // null, or nothing of this runs before it
  std::function<bool()> step;
  MomentPtr reaches;    // null, or what is reached at the end
  uint64_t number = 0;  // in the order of queueing
};

struct Node {
  Work work;
  std::set<int> after;  // nodes
};

// Between cudaStreamBeginCapture and cudaStreamEndCapture.
struct Capture {
  CUstream_st* origin = nullptr;
  std::thread::id thread;
  cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
  std::vector<Node> nodes;
  std::set<CUstream_st*> streams;  // that have joined
  bool invalid = false;
};
using CapturePtr = std::shared_ptr<Capture>;

std::recursive_mutex& lock();

}  // namespace cuda_model

struct CUstream_st {
  int device = 0;
  bool blocking = true;  // waits for the default stream, and the default stream for it
  bool is_default = false;
  bool destroyed = false;
  std::deque<cuda_model::Operation> queue;
  cuda_model::CapturePtr capture;
  std::set<int> frontier;  // while captured: the nodes that the next one comes after
};

struct CUevent_st {
  int device = 0;
  bool timed = true;
  bool destroyed = false;
  cuda_model::MomentPtr moment;    // the latest recording; null: none yet
  cuda_model::CapturePtr capture;  // not null: it was recorded in that capture, at `frontier`
  std::set<int> frontier;
};

struct CUgraph_st {
  bool destroyed = false;
  std::vector<cuda_model::Node> nodes;
};

struct CUgraphExec_st {
  bool destroyed = false;
  std::shared_ptr<const std::vector<cuda_model::Node>> nodes;
  cuda_model::MomentPtr latest;  // the end of the launch before
};
