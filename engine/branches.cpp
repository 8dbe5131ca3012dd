#include "engine/branches.h"

namespace engine {

Branches::Region::Region(Branches& branches, kernels::Queue forked)
    : branches_(branches), forked_(forked) {
  branches_.arena_.open_branches();
}

kernels::Queue Branches::Region::enter(int branch) {
  kernels::Queue queue = branches_.backend_.branch(branch);
  if (entered_.insert(branch).second) branches_.backend_.wait(queue, forked_);
  branches_.arena_.enter_branch(branch);
  return queue;
}

void Branches::Region::join() {
  for (int branch : entered_) branches_.backend_.wait(forked_, branches_.backend_.branch(branch));
}

void run_branches(const Context& c, int count,
                  const std::function<void(const Context&, int)>& work) {
  if (!c.branches) {
    for (int i = 0; i < count; ++i) work(c, i);
    return;
  }
  Branches::Region region(*c.branches, c.queue);
  if (c.tape) c.tape->open_branches();
  for (int i = 0; i < count; ++i) {
    Context branch = c;
    branch.queue = region.enter(i);
    if (c.tape) c.tape->enter_branch(i);
    work(branch, i);
  }
  if (c.tape) c.tape->close_branches();
  region.join();
}

}  // namespace engine
