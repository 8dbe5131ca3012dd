// What the ranks of a run do together. A rank is one of the processes that train one model; each
// has a part of every batch. All ranks make the same calls in the same order. A call that another
// rank does not answer ends with Error(resources), which names that rank, its host and the call.
#pragma once
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "kernels/queue.h"
#include "kernels/view.h"

namespace engine {

class Collectives {
 public:
  virtual ~Collectives() = default;
  virtual int rank() const = 0;
  virtual int size() const = 0;
  virtual const std::string& host(int rank) const = 0;

  // These are queued as kernels are, and a queue that only plans runs none of them. `what` is a
  // literal of up to 31 letters, which messages show.

  // buffer = the sum of all ranks' buffers, of f32, f64, f16 or bf16. The terms are added in order
  // of rank, half types in f32 with one rounding at the end. So all ranks get the same bits, in
  // every run, and the sum of an element does not depend on the buffer's size.
  virtual void sum(const char* what, kernels::View buffer, kernels::Queue) = 0;
  // `all` gets every rank's `mine`, one after another in order of rank.
  virtual void gather(const char* what, kernels::View mine, kernels::View all, kernels::Queue) = 0;
  // Everybody's buffer becomes that of `root`.
  virtual void broadcast(const char* what, kernels::View buffer, int root, kernels::Queue) = 0;

  // Bytes in the host's memory, of another length on each rank; in order of rank.
  virtual std::vector<std::string> gather_bytes(const char* what, const std::string& mine) = 0;
  void barrier(const char* what) { gather_bytes(what, {}); }
  // Since the start, in calls: mostly waiting for others.
  virtual double seconds_in_calls() const = 0;

  // Ends the run of all ranks: their calls, now or later, throw Error(code) with this rank's name
  // and `why`. Nothing else may be called afterwards.
  virtual void abort(base::ExitCode code, const std::string& why) noexcept = 0;
};

// "rank 1 on node07"
std::string rank_in_words(const Collectives&, int rank);

// Null stands for a process that trains alone.
inline int rank_of(const Collectives* ranks) { return ranks ? ranks->rank() : 0; }
inline int count_of(const Collectives* ranks) { return ranks ? ranks->size() : 1; }

}  // namespace engine
