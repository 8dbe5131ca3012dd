// Reports the labels that take no part in training, for `ssddata check` and `ssddata stats`.
#pragma once
#include <nlohmann/json_fwd.hpp>

#include "data/loading/label_use.h"

namespace tools {

// Prints to stdout how many labels are left out or cut with the default configuration, and why.
// Prints nothing if none is.
void print_label_use(const data::LabelUse&);

// Such as {"labels": 12, "trained": 9, "cut": 0, "left_out": {"no_area": 3}}.
nlohmann::ordered_json label_use_json(const data::LabelUse&);

}  // namespace tools
