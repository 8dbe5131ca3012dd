// Adds up the gradients of all ranks: on a GPU in buckets, on the network queue, while the backward
// pass still runs.
#pragma once
#include <optional>

#include "engine/backend.h"
#include "engine/collectives/collectives.h"
#include "engine/collectives/gradient_buckets.h"
#include "engine/context.h"
#include "engine/parameters.h"

namespace engine {

class GradientSums {
 public:
  // With a half type, this takes memory for a copy of the gradients.
  GradientSums(Backend&, const Parameters&, const GradientSumOptions&);

  // Call it once in each update, before the backward pass of the last batch. The context, with its
  // tape and its ranks, must live until that pass has ended. From the beginning of that pass until
  // finish(), the step must make no other calls of ranks. Does nothing on a device with one queue.
  void listen(const Context&);
  // Call it after that pass. Work that is then queued on the context's queue finds the sums in the
  // flat gradient buffer. Without listen(), they are made here in one call. The first call after
  // listen() also compares the order of gradients with the other ranks', so it must not be
  // recorded; throws Error(resources), with the rank, if they differ.
  void finish(const Context&);

  size_t copy_bytes() const { return copy_ ? copy_->bytes() : 0; }

 private:
  void complete(const Context&, const View& gradient);
  void learn_buckets(Collectives&);
  void sum_next(const Context&);
  void sum(const Context&, kernels::Queue, const GradientParts&);
  View part_of(const View& flat, const GradientPart&) const;
  View copy() const;

  Backend& backend_;
  const Parameters& parameters_;
  const GradientSumOptions options_;
  std::unique_ptr<Memory> copy_;  // in the half type, laid out as the gradients
  std::vector<int64_t> order_;    // where gradients begin, as the first pass completes them
  std::optional<GradientBuckets> buckets_;  // known after the first pass
  // Of the pass that runs:
  bool listening_ = false;
  std::vector<int> left_;  // gradients of each bucket that are not complete
  size_t next_ = 0;        // the bucket that is summed next
};

}  // namespace engine
