// A common exporter writes a category of its own that has no boxes and is the supercategory of all
// others. Taken for a class, it would cost a column that is never trained.
#pragma once
#include <string>

#include "data/dataset.h"

namespace data {

// The index of the category that has no box and is the supercategory of every other one; -1 if
// there is none.
int find_grouping_class(const Dataset& dataset);

// Takes that category, an index as above, out of the classes.
void leave_out_class(Dataset& dataset, int index);

}  // namespace data
