// Linked instead of cudnn/plan_processes.cpp where the build has no cuDNN.
#include "engine/base/error.h"
#include "engine/plan_worker.h"

namespace engine {

int run_plan_worker() { return int(base::ExitCode::resources); }  // nobody starts it

}  // namespace engine
