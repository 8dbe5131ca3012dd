// The conditions that involve several configuration keys at once.
#pragma once
#include "tools/config/run_config.h"

namespace config {

// Adds the rules to the table, which is bound to that configuration.
void add_rules(config::ConfigTable&, const RunConfig&, ConfigUse);

}  // namespace config
