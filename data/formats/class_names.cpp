#include "data/formats/class_names.h"

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>
#include <pugixml.hpp>

#include "data/formats/lines.h"
#include "data/formats/yolo/name_list.h"
#include "data/formats/yolo_yaml.h"
#include "engine/base/error.h"
#include "engine/base/loaded_file.h"
#include "engine/base/text.h"

namespace data {
namespace {

using base::ExitCode, base::fail;
constexpr uint64_t kLargestFile = uint64_t{16} << 20;

std::string_view without_blanks(std::string_view line) {
  const size_t first = line.find_first_not_of(" \t");
  if (first == line.npos) return {};
  return line.substr(first, line.find_last_not_of(" \t") - first + 1);
}

// Whether a line begins with this key of a data.yaml or an obj.data.
bool has_key(std::string_view line, std::string_view key, char mark) {
  if (!line.starts_with(key)) return false;
  line = without_blanks(line.substr(key.size()));
  return line.starts_with(mark);
}

bool is_yaml(std::string_view text, const std::string& path) {
  const std::string ending = std::filesystem::path(path).extension().string();
  bool found = ending == ".yaml" || ending == ".yml";
  for_lines(text, [&](std::string_view line, int) { found |= has_key(line, "names", ':'); });
  return found;
}

// Whether a text is JSON and no list of names. Names may begin with marks, too, such as "[MASK]" or
// "{other}".
bool is_json(std::string_view text) {
  if (!text.starts_with('{') && !text.starts_with('[')) return false;
  const size_t next = text.find_first_not_of(" \t\r\n", 1);
  if (next == text.npos || text.find('\n') < next) return true;  // a bracket on a line of its own
  constexpr std::string_view kBeginnings = "\"{[";
  return kBeginnings.find(text[next]) != text.npos || nlohmann::json::accept(text);
}

bool is_xml(std::string_view text) {
  if (text.starts_with("<?xml") || text.starts_with("<!")) return true;
  return text.starts_with('<') && pugi::xml_document().load_buffer(text.data(), text.size());
}

// What the file is if it is not a list of names, or null if it may be one.
const char* other_kind(std::string_view text) {
  text = text.substr(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  if (is_json(text)) return "JSON";
  if (text.starts_with("item") && without_blanks(text.substr(4, 8)).starts_with('{'))
    return "a label map of record files";
  if (is_xml(text)) return "XML";
  if (text.find('\0') != text.npos) return "not a text";
  return has_key(text.substr(0, text.find('\n')), "classes", '=')
             ? "darknet's obj.data, whose `names` is the file to give"
             : nullptr;
}

std::vector<std::string> listed_names(std::string_view text, const std::string& path) {
  std::vector<std::string> names;
  for_lines(text, [&](std::string_view line, int) { names.emplace_back(without_blanks(line)); });
  while (!names.empty() && names.back().empty()) names.pop_back();
  if (names.empty())
    fail(ExitCode::data, path, ": ", nothing_in_words(text), ", expected one class name per line");
  return names;
}

void refuse_repeated(const std::vector<std::string>& names, const std::vector<int>& lines,
                     const std::string& path) {
  std::map<std::string, int> known;
  for (size_t i = 0; i < names.size(); ++i)
    if (const auto [first, is_new] = known.try_emplace(names[i], lines[i]); !is_new)
      fail(ExitCode::data, path, ":", lines[i], ": \"", base::printable_name(names[i]),
           "\" is the name of line ", first->second, ", too; give each class a name of its own");
}

}  // namespace

std::vector<std::string> read_class_names(const std::string& path) {
  base::LoadedFile file(path, kLargestFile);
  const std::string_view text = plain_text(file.bytes(), path);
  if (is_yaml(text, path)) {
    YoloYaml yaml = parse_yolo_yaml(text, path);
    refuse_repeated(yaml.names, yaml.name_lines, path);
    return std::move(yaml.names);
  }
  if (const char* kind = other_kind(text))
    fail(ExitCode::data, path, ": the file is ", kind, "; expected one class name per line");
  std::vector<std::string> names = listed_names(text, path);
  if (const auto fault = fault_of_names(names))
    fail(ExitCode::data, path, ":", fault->line, ": ", fault->words);
  std::vector<int> lines(names.size());
  std::iota(lines.begin(), lines.end(), 1);
  for (size_t i = 0; i < names.size(); ++i)
    if (names[i].empty())
      fail(ExitCode::data, path, ":", lines[i],
           ": an empty line among the class names; write the name of class ", i,
           " there, or remove the line");
  refuse_repeated(names, lines, path);
  return names;
}

}  // namespace data
