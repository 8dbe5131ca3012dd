#include "data/formats/writable_names.h"

#include <algorithm>

#include "data/formats/label_map.h"
#include "data/formats/yolo/name_list.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

namespace data {
namespace {

bool is_control(char c) { return static_cast<unsigned char>(c) < ' ' || c == 127; }

bool is_forbidden_in_xml(char c) { return is_control(c) && c != '\t' && c != '\n' && c != 127; }

bool has_outer_blank(const std::string& name) {
  constexpr std::string_view kBlanks = " \t\r\n";
  return kBlanks.find(name.front()) != kBlanks.npos || kBlanks.find(name.back()) != kBlanks.npos;
}

bool comes_back_from_map(const std::string& name) {
  if (name.find('\0') != name.npos) return false;  // where protobuf's reader ends the string
  try {
    const std::string map = label_map_text({{.id = 1, .name = name, .group = {}}});
    return parse_label_map(map, "").categories().at(0).name == name;
  } catch (const base::Error&) {
    return false;
  }
}

// Why JSON or XML cannot hold the name, or null if it can.
const char* fault_in_text(const std::string& name, NameFormat format) {
  if (!base::is_utf8(name)) return "holds names in UTF-8 only";
  return format == NameFormat::voc && std::any_of(name.begin(), name.end(), is_forbidden_in_xml)
             ? "holds no control characters, which XML forbids"
             : nullptr;
}

// Why the format cannot hold the name of a class, or null if it can.
const char* fault_in(const std::string& name, NameFormat format) {
  if (name.empty()) return "has no empty name";
  if (format == NameFormat::coco) return fault_in_text(name, format);
  if (format == NameFormat::label_map)
    return comes_back_from_map(name) ? nullptr : "could not be read with this name in it";
  if (has_outer_blank(name)) return "keeps no blank at the ends of a name";
  if (format == NameFormat::yolo)
    return std::any_of(name.begin(), name.end(), is_control)
               ? "holds one name per line, without line breaks and control characters"
               : nullptr;
  return fault_in_text(name, format);
}

const char* file_of(NameFormat format) {
  if (format == NameFormat::coco) return "COCO's JSON";
  if (format == NameFormat::label_map) return "the label map";
  return format == NameFormat::voc ? "VOC's XML" : "YOLO's classes.txt";
}

[[noreturn]] void refuse(const Dataset& dataset, NameFormat format, const char* option,
                         const std::string& named, const char* fault, const char* what) {
  base::fail(base::ExitCode::data, base::printable(dataset.source),
             dataset.source.empty() ? "" : ": ", option, " cannot write the name of ", named, ": ",
             file_of(format), " ", fault, "; rename the ", what, ", or choose another format");
}

// Readers refuse lines that look like comments or numbered names.
void require_names_in_lines(const Dataset& dataset, const char* option) {
  std::vector<std::string> lines;
  for (const Category& category : dataset.categories) lines.push_back(category.name);
  const auto fault = fault_of_names(lines);
  if (!fault) return;
  const Category& category = dataset.categories[size_t(fault->line) - 1];
  refuse(dataset, NameFormat::yolo, option,
         base::concatenate("class \"", base::printable_name(category.name), "\" (id ", category.id,
                           ")"),
         ("would not be read with this name in it: " + fault->words).c_str(), "class");
}

}  // namespace

void require_writable_names(const Dataset& dataset, NameFormat format, const char* option) {
  for (const Category& category : dataset.categories)
    if (const char* fault = fault_in(category.name, format))
      refuse(dataset, format, option,
             base::concatenate("class \"", base::printable_name(category.name), "\" (id ",
                               category.id, ")"),
             fault, "class");
  if (format == NameFormat::yolo) require_names_in_lines(dataset, option);
  if (format != NameFormat::coco && format != NameFormat::voc) return;
  for (const ImageEntry& image : dataset.images)
    if (const char* fault = fault_in_text(image.file_name, format))
      refuse(dataset, format, option,
             base::concatenate("image \"", base::printable_name(image.file_name), "\" (id ",
                               image.id, ")"),
             fault, "image");
}

}  // namespace data
