// Parallel branches: parts of a step that do not depend on each other. On a GPU each branch has a
// queue of its own, and a recorded step keeps them parallel. On a CPU they run one after the other.
#pragma once
#include <functional>
#include <set>

#include "engine/backend.h"
#include "engine/context.h"

namespace engine {

// Divides a device's queues and step memory among branches. Results have the same bits with and
// without branches: the gradients of a tensor that several branches use are added in the order in
// which the branches would run one by one.
class Branches {
 public:
  Branches(Backend& backend, Arena& arena) : backend_(backend), arena_(arena) {}

  // From the fork to the join. The queue that is forked must get no other work meanwhile.
  class Region {
   public:
    Region(Branches& branches, kernels::Queue forked);
    ~Region() { branches_.arena_.close_branches(); }
    Region(const Region&) = delete;
    Region& operator=(const Region&) = delete;
    kernels::Queue enter(
        int branch);  // the next work belongs to this branch, on the queue returned
    void join();      // the forked queue waits for all branches entered

   private:
    Branches& branches_;
    kernels::Queue forked_;
    std::set<int> entered_;
  };

 private:
  Backend& backend_;
  Arena& arena_;
};

// Runs work(context, i) for every i in [0, count) as branches of the context's queue, or one after
// the other if the context has no Branches. A branch may read what existed before, and must not
// read what another branch writes.
void run_branches(const Context&, int count, const std::function<void(const Context&, int)>& work);

}  // namespace engine
