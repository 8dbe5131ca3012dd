// The convolutions that SSD320 asks a device with several queues, a GPU, for.
#pragma once
#include <set>

#include "engine/conv/conv.h"
#include "tools/config/run_config.h"

namespace tests {

struct StepConvs {
  std::set<engine::ConvShape> training, detection;  // of one step, of one evaluation batch
};
StepConvs step_convs(const config::RunConfig&);

// The configuration of SSD320 for 90 classes.
config::RunConfig ssd320_config(const std::string& precision, int batch_size, bool frozen);

}  // namespace tests
