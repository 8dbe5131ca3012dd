#include "data/formats/source.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "data/formats/grouping_class.h"
#include "engine/base/error.h"
#include "engine/base/permitted.h"
#include "engine/base/text.h"

namespace data {
namespace {

namespace fs = std::filesystem;

// What may not be read seems not to exist, and readers would say so.
void require_permitted(const Source& s) {
  for (const Format& f : formats())
    for (const fs::path path : f.paths_in(s))  // a pattern is no file, but is in a folder
      base::require_permitted(f.takes_patterns() ? fs::absolute(path).parent_path() : path);
  if (!s.images.empty()) base::require_permitted(s.images);
}

}  // namespace

bool Format::given_in(const Source& s) const {
  return std::visit([&s](auto member) { return !(s.*member).empty(); }, field);
}

bool Format::reads_value(SourceValue value) const {
  return std::find(reads.begin(), reads.end(), value) != reads.end();
}

bool Format::takes_patterns() const {
  return std::holds_alternative<std::vector<std::string> Source::*>(field);
}

void Format::give(Source& s, const std::string& path) const {
  std::visit([&](auto member) { s.*member = std::remove_reference_t<decltype(s.*member)>{path}; },
             field);
}

std::vector<std::string> Format::paths_in(const Source& s) const {
  if (!given_in(s)) return {};
  if (takes_patterns()) return s.*std::get<1>(field);
  return {s.*std::get<0>(field)};
}

std::string formats_with(SourceValue value) {
  std::string all;
  for (const Format& f : formats())
    if (f.reads_value(value)) all += (all.empty() ? "" : " and ") + std::string(f.name);
  return all;
}

const Format* format_of(const Source& s) {
  const Format* found = nullptr;
  for (const Format& f : formats())
    if (f.given_in(s) && std::exchange(found, &f)) return nullptr;
  return found;
}

bool Source::given() const { return !path().empty(); }

std::string Source::option(std::string name) const {
  if (prefix.empty()) return {};
  if (prefix == "--") {
    std::replace(name.begin(), name.end(), '_', '-');
    return prefix + name;
  }
  const bool of_all = name == "label_map" || name == "keep_grouping_class";
  const std::string key = (of_all ? "data." : prefix) + name;
  return name == "keep_grouping_class" ? key + "=true" : key;
}

std::string Source::path() const {
  for (const Format& f : formats())
    if (f.given_in(*this)) return f.paths_in(*this).front();
  return "";
}

std::string format_keys(const std::string& prefix) {
  std::string all;
  for (const Format& f : formats()) all += (all.empty() ? "" : ", ") + prefix + f.key;
  return all;
}

void require_one_format(const Source& source, const std::string& prefix) {
  const auto given =
      std::ranges::count_if(formats(), [&](const Format& f) { return f.given_in(source); });
  if (given != 1)
    base::fail(base::ExitCode::usage, "give exactly one of ", format_keys(prefix), "; found ",
               given);
}

Dataset open(const Source& source, const std::string& prefix, Problems* problems) {
  require_one_format(source, prefix);
  require_permitted(source);
  Dataset dataset = format_of(source)->open(source, problems);
  dataset.source = source.path();
  dataset.policy = source.policy, dataset.prefix = source.prefix;
  leave_out_idle_classes(source, dataset);
  return dataset;
}

}  // namespace data
