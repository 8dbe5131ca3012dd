// Parts of a step that do not depend on each other, as parallel branches: on a GPU each has a queue
// of its own, and a recorded step keeps them parallel; elsewhere they run one after the other.
#pragma once
#include <functional>
#include <set>

#include "engine/backend.h"
#include "engine/context.h"

namespace engine {

// Makes branches of a device's queues and step memory. Results do not depend on whether there are
// branches: gradients of what several of them use are added in the order of running one by one.
class Branches {
 public:
  Branches(Backend& backend, Arena& arena) : backend_(backend), arena_(arena) {}

  // From the fork to the join; the trunk's queue gets no other work meanwhile.
  class Region {
   public:
    Region(Branches& branches, kernels::Queue trunk);
    ~Region() { branches_.arena_.close_branches(); }
    Region(const Region&) = delete;
    Region& operator=(const Region&) = delete;
    kernels::Queue enter(int branch);  // the next work is this branch's, on the queue returned
    void join();                       // the trunk waits for all branches entered

   private:
    Branches& branches_;
    kernels::Queue trunk_;
    std::set<int> entered_;
  };

 private:
  Backend& backend_;
  Arena& arena_;
};

// Runs work(context, i) for every i in [0, count) as branches of the context's queue; plainly in
// turn where the context has no Branches. A branch may read what existed before, and must not read
// what another branch makes.
void run_branches(const Context&, int count, const std::function<void(const Context&, int)>& work);

}  // namespace engine
