// Remarks about the labels of a data set, which a program prints before it uses them.
#pragma once
#include <string>
#include <vector>

#include "data/dataset.h"

namespace data {

// The line that tells a note of a data set: "note: NOTE", or the note alone if it is a warning.
std::string note_line(const std::string& note);

// Lines that begin with "warning: NAME: " or "note: NAME: ". They tell of boxes that seem to be in
// another unit (BoxUnits) and of what is there more than once (Repeats). These are guesses, so no
// data set is refused for them.
std::vector<std::string> label_remarks(const std::string& name, const Dataset& dataset);

}  // namespace data
