// Linked instead of conv.cpp where a CUDA build has no cuDNN.
#include "engine/base/error.h"
#include "engine/cudnn/conv.h"

namespace engine {

std::unique_ptr<ConvMaker> make_cudnn_convs(Backend&, int, const BackendOptions&) {
  base::fail(base::ExitCode::resources,
             "this build has no cuDNN: install cuDNN 9 with its headers and build again");
}

}  // namespace engine
