// A common exporter writes a category of its own that has no boxes and is the supercategory of all
// others, and others write one for the background. Taken for a class, it would cost a column that
// is never trained.
#pragma once
#include <string>

#include "data/dataset.h"
#include "data/formats/source.h"

namespace data {

// The index of the category that has no box and is the supercategory of every other one; -1 if
// there is none.
int find_grouping_class(const Dataset& dataset);

// Whether a class has a name that stands for what is no object.
bool is_background_name(const std::string& name);

// The index of the category with id 0 and such a name that has no box; -1 where there is none.
int find_background_class(const Dataset& dataset);

// Takes that category, an index as above, out of the classes.
void leave_out_class(Dataset& dataset, int index);

// Takes out both, with a note for each, unless the source keeps them or its model has the class.
void leave_out_idle_classes(const Source& source, Dataset& dataset);

}  // namespace data
