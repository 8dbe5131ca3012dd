// Plans for the convolutions of one GPU, by cuDNN.
#pragma once
#include <memory>
#include <vector>

#include "engine/backend.h"

namespace engine {

class ConvMaker {
 public:
  virtual ~ConvMaker() = default;
  // As Backend::prepare: builds the candidate plans on all cores, so that plan() only times them.
  virtual void prepare(const std::vector<ConvShape>&) = 0;
  // As Backend::plan. Before a plan is returned it has run once on sample operands, and, if it
  // fuses anything, has computed what its parts compute; both only if the memory for that can be
  // had.
  virtual std::unique_ptr<ConvPlan> plan(const ConvShape&) = 0;
};

// The backend must outlive the maker, which uses its memory and its compute queue.
// Error(resources) if cuDNN is missing. plan() throws it, too, if there is no plan for a shape that
// is not optional().
std::unique_ptr<ConvMaker> make_cudnn_convs(Backend&, int ordinal, const BackendOptions&);

}  // namespace engine
