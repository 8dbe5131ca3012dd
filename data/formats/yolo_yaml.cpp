#include "data/formats/yolo_yaml.h"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <set>
#include <sstream>

#include "data/class_limit.h"
#include "data/formats/lines.h"
#include "data/formats/yaml_fault.h"
#include "data/formats/yolo/name_list.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/loaded_file.h"
#include "engine/base/text.h"

namespace data {
namespace {

using base::ExitCode, base::fail;
constexpr int kDeepest = 32;

// Checks the file's events before any node is made of them.
class Bounds : public YamlEvents {
 public:
  explicit Bounds(const std::string& where) : where_(where) {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "aliases are not accepted: write the value out");
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    enter(mark);
  }
  void OnSequenceEnd() override { --depth_; }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    enter(mark);
  }
  void OnMapEnd() override { --depth_; }

 private:
  void enter(const YAML::Mark& mark) {
    if (++depth_ > kDeepest) refuse(mark, "lists are nested too deeply");
  }
  [[noreturn]] void refuse(const YAML::Mark& mark, const char* what) const {
    fail(ExitCode::data, where_, ":", mark.line + 1, ": ", what);
  }
  const std::string& where_;
  int depth_ = 0;
};

// Takes what a program needs out of a text that can be read.
class Reader {
 public:
  Reader(std::string_view text, const std::string& where)
      : text_(text), lines_(lines_of(text)), where_(where) {}
  YoloYaml read(const YAML::Node& root);

 private:
  [[noreturn]] void refuse(const YAML::Node& node, const std::string& what) const {
    fail(ExitCode::data, where_, ":", node.Mark().line + 1, ": ", what);
  }
  void refuse_if(const std::optional<YamlFault>& fault) const {
    if (fault) fail(ExitCode::data, where_, ":", fault->line, ": ", fault->words);
  }
  [[noreturn]] void refuse_without_names(const YAML::Node& root) const;
  std::string text_of(const YAML::Node& node, const std::string& key) const;
  std::vector<std::string> texts_of(const YAML::Node& node, const std::string& key) const;
  std::string name_of(const YAML::Node& node) const;
  [[noreturn]] void refuse_numbers(const YAML::Node& names, const YAML::Node& at) const;
  void numbered_names(const YAML::Node& node, YoloYaml& out) const;
  void parse_names(const YAML::Node& node, YoloYaml& out) const;
  int parse_keypoints(const YAML::Node& shape) const;
  void check_key(const YAML::Node& key, const YAML::Node& value) const;
  void take_split(const YAML::Node& name, const YAML::Node& value, YoloYaml& out) const;

  const std::string_view text_;
  const std::vector<std::string_view> lines_;
  const std::string& where_;
};

std::string Reader::text_of(const YAML::Node& node, const std::string& key) const {
  if (!node.IsScalar()) refuse(node, key + ": expected a text");
  refuse_if(swallowed_line(lines_, node));
  return node.Scalar();
}

std::vector<std::string> Reader::texts_of(const YAML::Node& node, const std::string& key) const {
  if (!node.IsSequence()) return {text_of(node, key)};
  std::vector<std::string> texts;
  for (const YAML::Node& item : node) texts.push_back(text_of(item, key));
  return texts;
}

// The name of a class.
std::string Reader::name_of(const YAML::Node& node) const {
  std::string name = text_of(node, "names");
  if (name.find_first_not_of(" \t\r\n") == name.npos)
    refuse(node, "names: a class without a name, found \"" + base::printable_name(name) +
                     "\"; give each class a name of its own");
  return name;
}

bool is_number(const std::string& text) {
  return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

// Says which keys there are in place of the numbers: `at` is the first that does not fit.
void Reader::refuse_numbers(const YAML::Node& names, const YAML::Node& at) const {
  const std::string name = base::printable_name(at.Scalar());
  std::set<std::string> numbers, values;
  for (const auto& item : names) {
    if (is_number(item.first.Scalar())) numbers.insert(item.first.Scalar());
    if (item.second.IsScalar() && is_number(item.second.Scalar()))
      values.insert(item.second.Scalar());
  }
  const bool from_one = numbers.size() == names.size() && !numbers.contains("0") &&
                        numbers.contains(std::to_string(names.size()));
  std::string found = ", found `" + name + "`";
  if (numbers.empty() && values.size() == names.size())
    found = base::concatenate(", found a name before its number; write `", names[at].Scalar(), ": ",
                              name, "`");
  else if (from_one)
    found = base::concatenate(", found 1 to ", names.size(),
                              "; number the classes as the label files do, which count from 0");
  refuse(at, base::concatenate("names: expected the numbers 0 to ", names.size() - 1, ", once each",
                               found));
}

// Reads names by number. The numbers may have any order, but no gaps.
void Reader::numbered_names(const YAML::Node& node, YoloYaml& out) const {
  std::vector<std::string> names(node.size());
  std::vector<bool> seen(node.size());
  out.name_lines.resize(node.size());
  for (const auto& item : node) {
    if (item.second.IsNull()) refuse_if(key_without_colon(lines_, item.first));
    const std::string key = text_of(item.first, "names");
    size_t index = 0;
    auto [rest, error] = std::from_chars(key.data(), key.data() + key.size(), index);
    if (error != std::errc() || rest != key.data() + key.size() || index >= names.size() ||
        seen[index])
      refuse_numbers(node, item.first);
    seen[index] = true;
    names[index] = name_of(item.second);
    out.name_lines[index] = item.second.Mark().line + 1;
  }
  out.names = std::move(names);
}

// How a list or a map of names is written that YAML has taken for one text.
std::string way_to_write(const std::string& names) {
  if (names.starts_with('-')) return "; write a blank behind the -, as in `- cat`";
  const size_t digits = names.find_first_not_of("0123456789");
  if (digits > 0 && digits != names.npos && names[digits] == ':')
    return "; write a blank behind the colon, as in `0: cat`";
  return "; names in lines of their own begin with `- `, as in `- cat`";
}

void Reader::parse_names(const YAML::Node& node, YoloYaml& out) const {
  if (node.size() > kMostClasses)
    refuse(node, "names: more than " + std::to_string(kMostClasses) + " classes");
  if (!node.IsMap() && !node.IsSequence())
    refuse(node, "names: expected a list or a map, as in `names: [cat, dog]`, found `" +
                     base::printable_name(text_of(node, "names")) + "`" +
                     way_to_write(node.Scalar()));
  if (node.size() == 0) refuse(node, "names: no class names");
  if (node.IsMap()) return numbered_names(node, out);
  for (const YAML::Node& item : node) {
    out.names.push_back(name_of(item));
    out.name_lines.push_back(item.Mark().line + 1);
  }
}

// How many numbers the key points of an object take.
int Reader::parse_keypoints(const YAML::Node& shape) const {
  constexpr int kMostPoints = 1000;
  int points = 0, each = 0;
  const bool numbers = shape.IsSequence() && shape.size() == 2 &&
                       YAML::convert<int>::decode(shape[0], points) &&
                       YAML::convert<int>::decode(shape[1], each);
  if (numbers && points == 0 && each == 0) return kNoKeypoints;
  if (!numbers || points < 1 || points > kMostPoints || each < 2 || each > 3)
    refuse(shape, "kpt_shape: expected the number of key points (1 to " +
                      std::to_string(kMostPoints) +
                      "), and how many numbers each has (2 or 3), as in `kpt_shape: [17, 3]`");
  return points * each;
}

bool is_needed(const std::string& key) {
  return key == "names" || key == "train" || key == "val" || key == "test" || key == "path" ||
         key == "nc";
}

// A line such as `train images` is a key without a value to YAML.
void Reader::check_key(const YAML::Node& key, const YAML::Node& value) const {
  const std::string name = key.Scalar();
  if (value.IsNull()) refuse_if(swallowed_line(lines_, key));
  const bool meant = is_needed(name.substr(0, name.find_first_of(" :[{")));
  if (value.IsNull() && meant && !is_needed(name)) refuse_if(key_without_colon(lines_, key));
}

void Reader::refuse_without_names(const YAML::Node& root) const {
  for (const auto& entry : root) refuse_if(swallowed_line(lines_, entry.second));
  int line = 0;
  for_lines(text_, [&](std::string_view text, int number) {
    const size_t first = std::min(text.find_first_not_of(" \t\""), text.size());
    if (line == 0 && text.substr(first).starts_with("names")) line = number;
  });
  const std::string found =
      line == 0 ? ""
                : base::concatenate("; line ", line, " has the word, but not as a key of the file ",
                                    "with a colon behind it, indented as its other keys");
  fail(ExitCode::data, where_, ": names is missing: the list of classes", found);
}

// Some tools call the split val by another name. If there is a val, too, it counts.
void Reader::take_split(const YAML::Node& name, const YAML::Node& value, YoloYaml& out) const {
  const std::string key = name.Scalar();
  const bool other_name = key == "valid" || key == "validation";
  const std::string split = other_name ? "val" : key;
  if (split != "train" && split != "val" && split != "test") return;
  if (other_name && out.splits.contains(split)) return;
  out.splits[split] = texts_of(value, key);
  out.lines[split] = name.Mark().line + 1;
}

YoloYaml Reader::read(const YAML::Node& root) {
  refuse_if(key_behind_document(text_));
  if (!root.IsMap()) fail(ExitCode::data, where_, ": expected keys with values: names, train, val");
  YoloYaml out;
  std::map<std::string, int> lines;  // of the keys
  std::string nc;
  for (const auto& entry : root) {
    if (!entry.first.IsScalar()) continue;
    const std::string key = entry.first.Scalar();
    const auto [first, fresh] = lines.try_emplace(key, entry.first.Mark().line + 1);
    if (!fresh)
      refuse(entry.first, base::printable_name(key) + " occurs again, after line " +
                              std::to_string(first->second) + "; remove one of the two");
    check_key(entry.first, entry.second);
    if (entry.second.IsNull() && key == "names")
      refuse(entry.first, "names has no value; indent the lines of its classes below it");
    if (entry.second.IsNull()) continue;  // a key without value, as "test:" often is
    if (key == "path") out.path = text_of(entry.second, key);
    if (key == "names") parse_names(entry.second, out);
    if (key == "nc") nc = text_of(entry.second, key);
    if (key == "kpt_shape") out.keypoint_numbers = parse_keypoints(entry.second);
    take_split(entry.first, entry.second, out);
  }
  if (out.names.empty()) refuse_without_names(root);
  if (const auto fault = fault_of_names(out.names, NameList::yaml))
    fail(ExitCode::data, where_, ":", out.name_lines[size_t(fault->line) - 1],
         ": names: ", fault->words);
  if (!nc.empty() && nc != std::to_string(out.names.size()))
    fail(ExitCode::data, where_, ": nc is ", base::printable_name(nc), ", but names has ",
         base::counted(int64_t(out.names.size()), "class"),
         "; let nc be that number, or leave it out");
  return out;
}

}  // namespace

YoloYaml parse_yolo_yaml(std::string_view text, const std::string& where) {
  if (text.size() > kLargestYoloYaml)
    fail(ExitCode::data, where, ": ", base::too_large_in_words(text.size(), kLargestYoloYaml));
  if (const std::string nothing = nothing_in_words(text); !nothing.empty())
    fail(ExitCode::data, where, ": ", nothing, ", expected keys with values: names, train, val");
  const bool marked = text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff");  // is read
  if (const std::string wide = wide_in_words(text); !wide.empty() && !marked)
    fail(ExitCode::data, where, ": ", wide);
  YAML::Node root;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    Bounds bounds(where);
    parser.HandleNextDocument(bounds);
    root = YAML::Load(std::string(text));
  } catch (const YAML::Exception& error) {
    const YamlFault fault = yaml_fault(text, error.mark.line + 1, error.msg);
    fail(ExitCode::data, where, ":", fault.line, ": no valid YAML: ", fault.words);
  }
  return Reader(text, where).read(root);
}

}  // namespace data
