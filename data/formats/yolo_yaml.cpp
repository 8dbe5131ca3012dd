#include "data/formats/yolo_yaml.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <charconv>
#include <sstream>

#include "data/class_limit.h"
#include "data/formats/lines.h"
#include "data/formats/yaml_fault.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

namespace data {
namespace {

using base::ExitCode, base::fail;
constexpr size_t kLargestFile = size_t{256} << 10;
constexpr int kDeepest = 32;

// Checks the file's events before any node is made of them.
class Bounds : public YAML::EventHandler {
 public:
  explicit Bounds(const std::string& where) : where_(where) {}
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    refuse(mark, "aliases are not accepted: write the value out");
  }
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
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

[[noreturn]] void refuse(const std::string& where, const YAML::Node& node,
                         const std::string& what) {
  fail(ExitCode::data, where, ":", node.Mark().line + 1, ": ", what);
}

std::string text_of(const YAML::Node& node, const std::string& where, const std::string& key) {
  if (!node.IsScalar()) refuse(where, node, key + ": expected a text");
  return node.Scalar();
}

std::vector<std::string> texts_of(const YAML::Node& node, const std::string& where,
                                  const std::string& key) {
  if (!node.IsSequence()) return {text_of(node, where, key)};
  std::vector<std::string> texts;
  for (const YAML::Node& item : node) texts.push_back(text_of(item, where, key));
  return texts;
}

// Reads names by number. The numbers may have any order, but no gaps.
std::vector<std::string> numbered_names(const YAML::Node& node, const std::string& where) {
  std::vector<std::string> names(node.size());
  std::vector<bool> seen(node.size());
  for (const auto& item : node) {
    const std::string key = text_of(item.first, where, "names");
    size_t index = 0;
    auto [rest, error] = std::from_chars(key.data(), key.data() + key.size(), index);
    if (error != std::errc() || rest != key.data() + key.size() || index >= names.size() ||
        seen[index])
      refuse(
          where, item.first,
          "names: expected the numbers 0 to " + std::to_string(names.size() - 1) + ", once each");
    seen[index] = true;
    names[index] = text_of(item.second, where, "names");
  }
  return names;
}

std::vector<std::string> parse_names(const YAML::Node& node, const std::string& where) {
  if (node.size() > kMostClasses)
    refuse(where, node, "names: more than " + std::to_string(kMostClasses) + " classes");
  std::vector<std::string> names =
      node.IsMap() ? numbered_names(node, where) : texts_of(node, where, "names");
  if (!node.IsMap() && !node.IsSequence())
    refuse(where, node,
           "names: expected a list or a map, as in `names: [cat, dog]`, found `" +
               base::printable_name(node.Scalar()) + "`");
  if (names.empty()) refuse(where, node, "names: no class names");
  return names;
}

YoloYaml take_keys(const YAML::Node& root, const std::string& where) {
  if (!root.IsMap()) fail(ExitCode::data, where, ": expected keys with values: names, train, val");
  YoloYaml out;
  std::string nc;
  for (const auto& entry : root) {
    if (!entry.first.IsScalar()) continue;
    const std::string key = entry.first.Scalar();
    const auto [first, fresh] = out.lines.try_emplace(key, entry.first.Mark().line + 1);
    if (!fresh)
      refuse(where, entry.first,
             base::printable_name(key) + " occurs again, after line " +
                 std::to_string(first->second) + "; remove one of the two");
    if (entry.second.IsNull() && key == "names")
      refuse(where, entry.first, "names has no value; indent the lines of its classes below it");
    if (entry.second.IsNull()) continue;  // a key without value, as "test:" often is
    if (key == "path") out.path = text_of(entry.second, where, key);
    if (key == "names") out.names = parse_names(entry.second, where);
    if (key == "nc") nc = text_of(entry.second, where, key);
    if (key == "kpt_shape")
      refuse(where, entry.first, "kpt_shape: labels with key points are not read");
    if (key == "train" || key == "val" || key == "test")
      out.splits[key] = texts_of(entry.second, where, key);
  }
  if (out.names.empty()) fail(ExitCode::data, where, ": names is missing: the list of classes");
  if (!nc.empty() && nc != std::to_string(out.names.size()))
    fail(ExitCode::data, where, ": nc is ", base::printable_name(nc), ", but names has ",
         base::counted(int64_t(out.names.size()), "class"),
         "; let nc be that number, or leave it out");
  return out;
}

}  // namespace

YoloYaml parse_yolo_yaml(std::string_view text, const std::string& where) {
  if (text.size() > kLargestFile)
    fail(ExitCode::data, where, ": ", text.size(), " bytes, at most ", kLargestFile);
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
  if (const auto fault = hidden_yaml_fault(text))
    fail(ExitCode::data, where, ":", fault->line, ": ", fault->words);
  return take_keys(root, where);
}

}  // namespace data
