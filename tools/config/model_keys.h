// The part of the table of configuration keys that describes the network.
#pragma once
#include "tools/config/run_config.h"

namespace config {

// Binds the keys of `model` to these values.
void bind_model(ConfigTable&, ModelConfig&);

}  // namespace config
