// Convolutions of one GPU by cuDNN.
#pragma once
#include <memory>
#include <vector>

#include "engine/backend.h"

namespace engine {

class ConvMaker {
 public:
  virtual ~ConvMaker() = default;
  // As Backend::prepare: compiles on all cores what plan() will then only time.
  virtual void prepare(const std::vector<ConvShape>&) = 0;
  // As Backend::plan. Where memory allows, a plan has run once, on operands of its own, before it
  // is handed out; one that fuses has then computed what its parts compute.
  virtual std::unique_ptr<ConvPlan> plan(const ConvShape&) = 0;
};

// The backend must outlive the maker, which uses its memory and its compute queue.
// Error(resources) where cuDNN is missing or, from plan(), has no plan for a shape that is not
// optional().
std::unique_ptr<ConvMaker> make_cudnn_convs(Backend&, int ordinal, const BackendOptions&);

}  // namespace engine
