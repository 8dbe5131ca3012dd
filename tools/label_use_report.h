// Reports the labels that take no part in training, for `ssddata check` and `ssddata stats`.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "data/loading/label_use.h"

namespace tools {

// How many labels are left out, cut or tiny with the default configuration, and why. Empty if none
// is. `of_check` says whether the lines are those of `ssddata check`, which names the labels
// anyway.
std::vector<std::string> label_use_lines(const data::LabelUse&, bool of_check = false);
// Prints these lines to stdout.
void print_label_use(const data::LabelUse&, bool of_check = false);

// Such as {"labels": 12, "trained": 9, "cut": 0, "left_out": {"no_area": 3}}.
nlohmann::ordered_json label_use_json(const data::LabelUse&);

}  // namespace tools
