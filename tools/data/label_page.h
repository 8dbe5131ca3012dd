// The HTML page of a data set's labels: ssddata stats --report.
#pragma once
#include <string>

#include "data/check/dataset_stats.h"
#include "data/loading/label_use.h"

namespace tools {

// Writes the page, whole or not at all, and creates its folder. `name` is what the user calls the
// data set. Throws Error(data) if the page cannot be written.
void write_label_page(const std::string& path, const std::string& name, const data::DatasetStats&,
                      const data::LabelUse&);

}  // namespace tools
