// Conditions on several configuration keys at once.
#pragma once
#include "tools/config/run_config.h"

namespace config {

void add_rules(config::ConfigTable&, const RunConfig&, ConfigUse);

}  // namespace config
