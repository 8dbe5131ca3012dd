#include "tests/cuda_model/scheduler.h"

#include <map>
#include <utility>

#include "tests/cuda_model/fault.h"
#include "tests/cuda_model/memory.h"
#include "tests/cuda_model/settings.h"

namespace cuda_model {
namespace {

struct Context {
  cudaError_t error = cudaSuccess;
  std::string story;
};

struct Machine {
  std::vector<CUstream_st*> streams;  // destroyed ones, too: their work goes on
  std::map<int, CUstream_st*> defaults;
  std::map<int, Context> contexts;
  std::vector<std::deque<Operation>> dropped;  // by broken contexts; one of them may be running
  uint64_t queued = 0;
  bool stepping = false;
  std::vector<std::string>* names = nullptr;  // list_work
};

Machine& machine() {
  static Machine& all = *new Machine;  // handles live as long as the process
  return all;
}

void reach(const MomentPtr& moment) {
  if (!moment) return;
  moment->reached = true;
  moment->time = Clock::now();
}

bool ready(const CUstream_st* stream) {
  if (stream->queue.empty()) return false;
  const MomentPtr& awaited = stream->queue.front().awaited;
  return !awaited || awaited->reached;
}

void step(CUstream_st* stream) {
  Operation& operation = stream->queue.front();
  machine().stepping = true;
  const bool done = operation.step();
  machine().stepping = false;
  if (stream->queue.empty()) return;  // the context broke, and everything was dropped
  if (!done) return;
  reach(operation.reaches);
  stream->queue.pop_front();
}

std::vector<CUstream_st*> ready_streams() {
  std::vector<CUstream_st*> found;
  for (CUstream_st* stream : machine().streams)
    if (ready(stream)) found.push_back(stream);
  return found;
}

// The stream whose next entry was queued first. All that it awaits was queued, and so ran, before.
CUstream_st* oldest() {
  CUstream_st* best = nullptr;
  for (CUstream_st* stream : machine().streams)
    if (ready(stream) && (!best || stream->queue.front().number < best->queue.front().number))
      best = stream;
  return best;
}

// A step on the way to the end of the stream's first entry: of that one, or of what it awaits.
void step_towards(CUstream_st* stream) {
  while (!ready(stream)) {
    if (stream->queue.empty()) fail("a stream waits for what no stream will do");
    stream = stream->queue.front().awaited->stream;
  }
  step(stream);
}

void step_as_scheduled(CUstream_st* wanted) {
  if (settings().schedule == Schedule::late) return step_towards(wanted);
  if (settings().schedule == Schedule::early) {
    if (CUstream_st* stream = oldest()) return step(stream);
  } else if (const auto all = ready_streams(); !all.empty()) {
    return step(all[random_below(all.size())]);
  }
  fail("streams wait for each other");
}

template <class Done> void run_until(CUstream_st* wanted, const Done& done) {
  while (!done()) step_as_scheduled(wanted);
  close_memory();
}

// Entries that may gather before early work is run: opening memory for each one is slow.
constexpr uint64_t kGathered = 32;

// What a GPU does while the host queues more.
void run_meanwhile() {
  Machine& m = machine();
  if (settings().schedule == Schedule::early && m.queued % kGathered == 0)
    while (CUstream_st* stream = oldest()) step(stream);
  if (settings().schedule == Schedule::random && random_below(4) == 0)
    for (uint64_t n = random_below(12); n > 0; --n) {
      const auto all = ready_streams();
      if (all.empty()) break;
      step(all[random_below(all.size())]);
    }
  close_memory();
}

}  // namespace

std::recursive_mutex& lock() {
  static std::recursive_mutex& mutex = *new std::recursive_mutex;
  return mutex;
}

void list_work(std::vector<std::string>* names) {
  const std::lock_guard held(lock());
  machine().names = names;
}

CUstream_st* new_stream(int device, bool blocking) {
  auto* stream = new CUstream_st;
  stream->device = device;
  stream->blocking = blocking;
  machine().streams.push_back(stream);
  return stream;
}

CUstream_st* default_stream(int device) {
  CUstream_st*& stream = machine().defaults[device];
  if (!stream) {
    stream = new_stream(device, true);
    stream->is_default = true;
  }
  return stream;
}

Operation whole(Work work) {
  auto run = [work = std::move(work)] {
    if (machine().names) machine().names->push_back(work.name);
    open_memory(work.copies ? kHost : work.device);
    const DeviceFault fault = run_guarded(work.run);
    if (fault.error == cudaSuccess) return true;
    break_context(work.device, fault.error, work.name + ": " + fault.what);
    return true;
  };
  return {.step = std::move(run)};
}

void submit(CUstream_st* stream, Operation operation) {
  Machine& m = machine();
  if (m.stepping) fail("work of a stream called CUDA");
  // "The legacy default stream waits for all blocking streams, and all blocking streams wait for
  // it": the model does at once what either waits for.
  for (CUstream_st* other : m.streams)
    if (other->device == stream->device && other->blocking && stream->blocking && other != stream &&
        (other->is_default || stream->is_default))
      finish(other);
  operation.number = m.queued++;
  if (operation.reaches) operation.reaches->stream = stream;
  stream->queue.push_back(std::move(operation));
  run_meanwhile();
}

void run_a_little(CUstream_st* stream) {
  if (!stream->queue.empty()) step_as_scheduled(stream);
  close_memory();
}

bool idle(const CUstream_st* stream) { return stream->queue.empty(); }

void finish(CUstream_st* stream) {
  run_until(stream, [&] { return stream->queue.empty(); });
}

void finish(const MomentPtr& moment) {
  run_until(moment->stream, [&] { return moment->reached; });
}

void finish_device(int device) {
  for (CUstream_st* stream : machine().streams)
    if (stream->device == device) finish(stream);
}

cudaError_t context_error(int device) { return machine().contexts[device].error; }
const std::string& context_story(int device) { return machine().contexts[device].story; }

void break_context(int device, cudaError_t error, const std::string& story) {
  machine().contexts[device] = {error, story};
  for (CUstream_st* stream : machine().streams) {
    if (stream->device != device) continue;
    for (const Operation& dropped : stream->queue) reach(dropped.reaches);
    machine().dropped.push_back(std::exchange(stream->queue, {}));
  }
}

}  // namespace cuda_model
