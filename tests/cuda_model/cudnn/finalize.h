// What finalizing makes of a descriptor's attributes, by the descriptor's type.
#pragma once
#include "tests/cuda_model/cudnn/descriptor.h"

namespace cuda_model::cudnn {

// May compute attributes of the descriptor.
std::any finalized_object(Descriptor&);

}  // namespace cuda_model::cudnn
