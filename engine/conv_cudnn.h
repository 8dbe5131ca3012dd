// Convolutions of one GPU by cuDNN.
#pragma once
#include <functional>
#include <memory>

#include "engine/backend.h"

namespace engine {

// Makes plans as Backend::plan does. Where memory allows, a plan has run once, on operands of its
// own, before it is handed out. The backend must outlive the maker, which uses its memory and its
// compute queue. Error(resources) where cuDNN is missing or has no plan for a shape that is not
// optional().
using ConvMaker = std::function<std::unique_ptr<ConvPlan>(const ConvShape&)>;
ConvMaker make_cudnn_convs(Backend&, int ordinal, const BackendOptions&);

}  // namespace engine
