#include "data/check/label_remarks.h"

#include "data/check/box_units.h"
#include "data/check/repeats.h"

namespace data {

std::string note_line(const std::string& note) {
  return (note.starts_with("warning: ") ? "" : "note: ") + note;
}

std::vector<std::string> label_remarks(const std::string& name, const Dataset& dataset) {
  std::vector<std::string> remarks;
  if (const std::string units = count_box_units(dataset).in_words(); !units.empty())
    remarks.push_back("warning: " + name + ": " + units);
  const Repeats repeats = count_repeats(dataset);
  if (const std::string words = repeats.in_words(); !words.empty())
    remarks.push_back((repeats.many() ? "warning: " : "note: ") + name + ": " + words);
  return remarks;
}

}  // namespace data
