#include "data/formats/source_values.h"

#include <utility>

#include "engine/base/error.h"

namespace data {
namespace {

// Options of a program that does not take the whole source have the usual names, too.
[[noreturn]] void refuse(const Source& source, const std::string& name, const std::string& why) {
  const std::string option = source.option(name);
  base::fail(base::ExitCode::usage, option.empty() ? "--" + name : option, why,
             "; leave it away, or name other data");
}

constexpr std::pair<SourceValue, const char*> kValues[] = {
    {SourceValue::images, "images"},
    {SourceValue::names, "names"},
    {SourceValue::label_map, "label_map"},
    {SourceValue::keep_grouping_class, "keep_grouping_class"},
    {SourceValue::split, "split"}};

bool is_given(const Source& s, const GivenValues& given, SourceValue value) {
  switch (value) {
    case SourceValue::images:
      return !s.images.empty();
    case SourceValue::names:
      return !s.names.empty();
    case SourceValue::label_map:
      return !s.label_map.empty();
    case SourceValue::keep_grouping_class:
      return given.keep_grouping_class;
    case SourceValue::split:
      return given.split;
  }
  return false;
}

// The options of the formats that read the value.
std::string options_with(const Source& s, SourceValue value) {
  std::string all;
  for (const Format& f : formats())
    if (f.reads_value(value)) all += (all.empty() ? "" : " and ") + s.option(f.key);
  return all;
}

}  // namespace

std::vector<std::string> source_value_names() {
  std::vector<std::string> names;
  for (const auto& [value, name] : kValues) names.push_back(name);
  return names;
}

void refuse_unread_values(const Source& s, const GivenValues& given) {
  if (!s.given()) return;
  require_one_format(s, s.prefix);  // else a value may be told to fit none of them
  const Format* format = format_of(s);
  for (const auto& [value, name] : kValues) {
    if (!is_given(s, given, value)) continue;
    const std::string why = format->why_unread(s, value);
    if (!why.empty()) refuse(s, name, ": " + why);
    if (format->reads_value(value)) continue;
    const char* more = value == SourceValue::keep_grouping_class
                           ? ": in other formats no category groups others"
                           : "";
    refuse(s, name, " serves only " + options_with(s, value) + more);
  }
}

}  // namespace data
