// Makes the plans for the convolutions of one GPU with cuDNN.
#pragma once
#include <memory>
#include <vector>

#include "engine/backend.h"

namespace engine {

class ConvMaker {
 public:
  virtual ~ConvMaker() = default;
  // Does what Backend::prepare says: builds the candidate plans on all cores, so that plan() only
  // has to time them.
  virtual void prepare(const std::vector<ConvShape>&) = 0;
  // Does what Backend::plan says. Before a plan is returned, it has run once on sample operands; if
  // it fuses anything, its results have been compared with those of its parts. Both are left out if
  // there is no memory for them.
  virtual std::unique_ptr<ConvPlan> plan(const ConvShape&) = 0;
};

// The backend must outlive the maker, which uses its memory and its compute queue.
// Throws Error(resources) if cuDNN is missing. plan() throws it, too, if there is no plan for a
// shape that is not optional().
std::unique_ptr<ConvMaker> make_cudnn_convs(Backend&, int ordinal, const BackendOptions&);

}  // namespace engine
