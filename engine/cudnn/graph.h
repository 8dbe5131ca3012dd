// The operation graph of one convolution with what is fused to it.
#pragma once
#include <vector>

#include "engine/conv/operands.h"
#include "engine/cudnn/device.h"

namespace engine {

// Keeps the parts alive, too.
struct CudnnGraph {
  std::vector<CudnnDescriptor> parts;
  CudnnDescriptor graph;
};

// Error(failed) where cuDNN refuses a part; whether there is a plan for the whole is another
// question.
CudnnGraph cudnn_graph(const CudnnDevice&, const ConvShape&);

// The graph's names of the tensors in memory. What is read and written may have two.
struct CudnnBinding {
  int64_t id;
  View ConvArgs::*view;
};
std::vector<CudnnBinding> cudnn_bindings(const ConvShape&);

}  // namespace engine
