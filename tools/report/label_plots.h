// Pictures of labels: which classes there are, where boxes lie, and how large they are.
#pragma once
#include <string>
#include <vector>

#include "tools/report/page.h"

namespace report {

// A figure with a bar per class and data set, the class with the most boxes first. Classes are
// matched by name. Of too many classes it has those with the most boxes, and says so. Empty without
// any class.
std::string class_bars(const std::vector<NamedStats>&);

// The centres of the boxes of each data set, and their widths and heights. A data set without boxes
// has no picture; if none has boxes, a line says so.
std::string box_maps(const std::vector<NamedStats>&);

}  // namespace report
