// The calls that the ranks of a run make together. A rank is one of the processes that train one
// model; each has a part of every batch. All ranks make the same calls in the same order. If
// another rank does not answer, a call throws Error(resources), which names that rank, its host and
// the call.
#pragma once
#include <span>
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

  // sum, gather and broadcast are queued as kernels are. On a queue that only counts memory
  // (Queue::plan) they do nothing. `what` is a literal of up to 31 letters for messages.

  // Replaces every rank's buffer (f32, f64, f16 or bf16) by the sum of all ranks' buffers. The
  // terms are added in order of rank; half types are added in f32 and rounded once. So all ranks
  // get the same bits in every run, and the sum of an element does not depend on the buffer's size.
  virtual void sum(const char* what, kernels::View buffer, kernels::Queue) = 0;
  // Does the same for several buffers of one dtype, in one call if the library can.
  virtual void sum_together(const char* what, std::span<const kernels::View> buffers,
                            kernels::Queue queue) {
    for (const kernels::View& buffer : buffers) sum(what, buffer, queue);
  }
  // Fills `all` with every rank's `mine`, one after another in order of rank.
  virtual void gather(const char* what, kernels::View mine, kernels::View all, kernels::Queue) = 0;
  // Replaces every rank's buffer by that of `root`.
  virtual void broadcast(const char* what, kernels::View buffer, int root, kernels::Queue) = 0;

  // Returns every rank's bytes in order of rank. Their lengths may differ.
  virtual std::vector<std::string> gather_bytes(const char* what, const std::string& mine) = 0;
  void barrier(const char* what) { gather_bytes(what, {}); }
  // The seconds that this rank has spent in calls, most of them waiting for other ranks.
  virtual double seconds_in_calls() const = 0;

  // False if queued calls were aborted because a rank is gone or hangs. What they have computed,
  // and all work after them, is then invalid. The next gather_bytes() throws, and names the rank.
  virtual bool intact() const { return true; }

  // Ends the run of all ranks: their present or next calls throw Error(code) with `why`, which is
  // message_for_all(). This rank may call nothing else afterwards.
  virtual void abort(base::ExitCode code, const std::string& why) noexcept = 0;
  // Ranks above 0 call this after abort(). Waits up to `seconds` for the message with which rank 0
  // ends the run, and returns it, or an empty text if none comes.
  virtual std::string last_words_of_first([[maybe_unused]] double seconds) { return {}; }
};

// "rank 1 on node07"
std::string rank_in_words(const Collectives&, int rank);
std::vector<std::string> ranks_in_words(const Collectives&);  // all, by rank

// The message of this rank's error, as all ranks show it: it begins with this rank's name, such as
// "rank 1 on node07: ". If the message names a rank already, the error comes from that rank, and
// the message stays as it is.
std::string message_for_all(const Collectives&, const std::exception&);

// Null stands for a process that trains alone.
inline int rank_of(const Collectives* ranks) { return ranks ? ranks->rank() : 0; }
inline int count_of(const Collectives* ranks) { return ranks ? ranks->size() : 1; }
// The ranks on this rank's machine, with this one.
int ranks_here(const Collectives*);

}  // namespace engine
