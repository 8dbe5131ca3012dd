#include "engine/conv.h"
#include "engine/error.h"

namespace engine {
std::unique_ptr<ConvPlan> make_reference_conv(const ConvShape&) { fail(ExitCode::failed, "being written"); }
}  // namespace engine
