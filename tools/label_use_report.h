// Labels that take no part in training, as `ssddata check` and `ssddata stats` report them.
#pragma once
#include <nlohmann/json_fwd.hpp>

#include "data/loading/label_use.h"

namespace tools {

// With the training's default settings; nothing when all take part.
void print_label_use(const data::LabelUse&);

// {"labels": 12, "trained": 9, "cut": 0, "left_out": {"no_area": 3}}
nlohmann::ordered_json label_use_json(const data::LabelUse&);

}  // namespace tools
