// Finds lines in a file of class names that are no names.
#pragma once
#include <optional>
#include <string>
#include <vector>

namespace data {

struct NameFault {
  int line = 0;  // from 1
  std::string words;
};

// Looks for a comment, a heading or a key of data.yaml among the lines, and for numbers, quotes,
// commas or dashes that all lines have around their names. If such a line were taken for a name,
// all classes could be shifted, or no name would be that of another data set. Numbers and marks
// that distinguish names are no fault: "1 cent" and "2 cent", or "#1" and "#2". A list in YAML has
// no comments or headings among its names.
enum class NameList { lines, yaml };
std::optional<NameFault> fault_of_names(const std::vector<std::string>& lines,
                                        NameList list = NameList::lines);

}  // namespace data
