// The confusion matrix as a picture.
#pragma once
#include <string>
#include <vector>

#include "tools/report/evaluation.h"

namespace report {

inline constexpr size_t kMostMatrixClasses = 80;

// The name of a row or column: that of its class, or `otherwise` for the last one.
std::string name_of_row(const Matched&, size_t row, const std::string& otherwise);

// Rows and columns are these classes, then the background. The stronger the colour of a cell, the
// larger its share of the row. A cell says its share and its count: both if there is room, or the
// one that is chosen above the matrix, or, if there are many classes, only when the mouse is over
// it.
std::string confusion_matrix(const Matched&, const std::vector<size_t>& classes);

}  // namespace report
