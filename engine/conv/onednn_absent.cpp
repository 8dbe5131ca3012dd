#include "engine/conv/conv.h"

namespace engine {

std::unique_ptr<ConvPlan> make_onednn_conv(const ConvShape&) { return nullptr; }

}  // namespace engine
