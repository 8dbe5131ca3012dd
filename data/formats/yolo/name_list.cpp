#include "data/formats/yolo/name_list.h"

#include <algorithm>
#include <cctype>
#include <set>
#include <string_view>

#include "engine/base/error.h"
#include "engine/base/text.h"

namespace data {
namespace {

using Lines = std::vector<std::string>;

std::string shown(std::string_view line) {
  return base::concatenate("\"", base::printable_name(line), "\" ");
}

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return char(std::tolower(c)); });
  return text;
}

bool is_comment(const std::string& line) { return line.starts_with('#') || line.starts_with("//"); }

bool is_heading(const std::string& line) {
  static const std::set<std::string> kHeadings{
      "classes",     "classes:",  "class names", "class_names", "class_name",
      "class name",  "names",     "labels",      "labels:",     "label_name",
      "label_names", "id,name",   "id name",     "id\tname",    "class_id,class_name",
      "index,name",  "label,name"};
  return kHeadings.contains(lower(line));
}

bool is_yaml_key(const std::string& line) {
  static const std::set<std::string> kKeys{"train", "val", "valid", "test", "path", "nc", "names"};
  const size_t colon = line.find(':');
  return colon != line.npos && kKeys.contains(line.substr(0, colon)) &&
         (colon + 1 == line.size() || line[colon + 1] == ' ');
}

// The line without `number`, before or behind the name. Empty if the line does not have it.
std::string without_number(const std::string& line, size_t number, bool before) {
  const std::string digits = std::to_string(number);
  constexpr std::string_view kBetween = " \t:,;.=)";
  if (line.size() <= digits.size()) return "";
  if (before) {
    const bool fits =
        line.starts_with(digits) && kBetween.find(line[digits.size()]) != kBetween.npos;
    const std::string name = fits ? line.substr(digits.size() + 1) : "";
    return name.empty() || std::isdigit(static_cast<unsigned char>(name[0])) ? "" : name;
  }
  const size_t end = line.size() - digits.size();
  return line.ends_with(digits) && kBetween.find(line[end - 1]) != kBetween.npos
             ? line.substr(0, end - 1)
             : "";
}

// Whether the lines have the numbers of their classes, and names of their own beside them.
bool are_numbered(const Lines& lines, size_t first, bool before) {
  if (lines.size() < 2 && (first > 0 || !before)) return false;
  std::set<std::string> names;
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string name = without_number(lines[i], first + i, before);
    if (name.find_first_not_of(" \t") == name.npos || !names.insert(name).second) return false;
  }
  return true;
}

bool is_quoted(std::string_view line) {
  if (line.ends_with(',')) line.remove_suffix(1);
  return line.size() > 2 && (line[0] == '"' || line[0] == '\'') && line.back() == line[0];
}

// What all lines have around their names, in words; empty if they have nothing.
std::string around_names(const Lines& lines) {
  for (const size_t first : {size_t{0}, size_t{1}})
    for (const bool before : {true, false})
      if (are_numbered(lines, first, before))
        return "has the number of its class, as all lines have; write the names alone, the first "
               "for class 0";
  if (std::ranges::all_of(lines, is_quoted)) return "is in quotes, as all lines; write none";
  const auto has_comma = [](const std::string& line) { return line.ends_with(','); };
  if (lines.size() > 1 && std::all_of(lines.begin(), lines.end() - 1, has_comma))
    return "ends with a comma, as the lines below it; write none";
  if (lines.size() > 1 && std::ranges::all_of(lines, [](const std::string& line) {
        return line.starts_with("- ") || line.starts_with("* ");
      }))
    return "begins with a mark of a list, as all lines; write the names alone";
  return "";
}

}  // namespace

std::optional<NameFault> fault_of_names(const Lines& lines, NameList list) {
  const bool comments = list == NameList::lines && !std::ranges::all_of(lines, is_comment);
  for (size_t i = 0; i < lines.size(); ++i) {
    const std::string would = base::concatenate(", but would be the name of class ", i, "; ");
    if (comments && is_comment(lines[i]))
      return NameFault{int(i) + 1,
                       shown(lines[i]) + "looks like a comment" + would + "remove the line"};
    if (is_yaml_key(lines[i]))
      return NameFault{int(i) + 1, shown(lines[i]) + "looks like a key of data.yaml" + would +
                                       "give a file that has its `names`, or one name per line"};
  }
  if (list == NameList::lines && lines.size() > 1 && is_heading(lines[0]))
    return NameFault{
        1, shown(lines[0]) + "looks like a heading, but would be the name of class 0; remove it"};
  const std::string around = around_names(lines);
  if (around.empty()) return std::nullopt;
  return NameFault{1, shown(lines[0]) + around};
}

}  // namespace data
