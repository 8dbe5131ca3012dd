// Conditions on several configuration keys at once.
#pragma once
#include "tools/config/run_config.h"

namespace tools {

void add_rules(engine::ConfigTable&, const RunConfig&, ConfigUse);

}  // namespace tools
