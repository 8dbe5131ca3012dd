// Which values of a data::Source its format reads.
#pragma once
#include "data/formats/source.h"

namespace data {

// Whether the user gave these values. (The values themselves may be equal to the defaults.)
struct GivenValues {
  bool split = false;
  bool keep_grouping_class = false;
};

// The names of all values that belong to some of the formats, such as "label_map".
std::vector<std::string> source_value_names();

// Throws Error(usage), with the name of the option or key, if a value is given that nothing reads
// in this data set: images, names, label_map, or one of GivenValues. Does nothing unless one data
// set is given.
void refuse_unread_values(const Source&, const GivenValues& given);

}  // namespace data
