// Builds cuDNN's operation graph of one convolution with all that is fused to it.
#pragma once
#include <vector>

#include "engine/conv/operands.h"
#include "engine/cudnn/device.h"

namespace engine {

// A graph with the descriptors that it refers to.
struct CudnnGraph {
  std::vector<CudnnDescriptor> parts;
  CudnnDescriptor graph;
};

// Throws Error(failed) if cuDNN refuses a part. A graph that it takes may still have no plan.
CudnnGraph cudnn_graph(const CudnnDevice&, const ConvShape&);

// The graph's ids of the operands. One that is read and written may have two.
struct CudnnBinding {
  int64_t id;
  View ConvArgs::*view;
};
std::vector<CudnnBinding> cudnn_bindings(const ConvShape&);

}  // namespace engine
