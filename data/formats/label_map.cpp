#include "data/formats/label_map.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>
#include <utility>

#include "data/formats/text_tokens.h"
#include "engine/base/error.h"
#include "engine/base/loaded_file.h"

namespace data {
namespace {

constexpr uint64_t kLargestFile = uint64_t{16} << 20;
constexpr int kDeepest = 16;

class LabelMapParser : TextTokens {
 public:
  LabelMapParser(std::string_view text, const std::string& path)
      : TextTokens(text, path, base::ExitCode::data) {}

  std::vector<Label> parse() {
    std::vector<Label> labels;
    for (advance(); kind_ != end; advance()) {
      if (kind_ != word || token_ != "item") refuse("expected \"item {\"");
      advance();
      if (token_ == ":") advance();
      if (kind_ != mark || (token_ != "{" && token_ != "<"))
        refuse("expected \"{\" after \"item\"");
      labels.push_back(parse_item());
    }
    return labels;
  }

 private:
  // Parses from after a { to its }.
  Label parse_item() {
    Label label;
    bool has_id = false;
    for (advance(); !(kind_ == mark && (token_ == "}" || token_ == ">")); advance()) {
      if (kind_ == mark && (token_ == "," || token_ == ";")) continue;
      if (kind_ == end) refuse("unexpected end");
      if (kind_ != word) refuse("expected a field name or \"}\"");
      std::string field = token_;
      advance();
      if (token_ == ":" && kind_ == mark) advance();
      if (field == "name" || field == "display_name") {
        if (kind_ != quoted) refuse(field + " needs a quoted string");
        (field == "name" ? label.name : label.display_name) = token_;
      } else if (field == "id") {
        label.id = parse_id();
        has_id = true;
      } else {
        skip_value();
      }
    }
    if (!has_id) refuse("item has no id");
    if (label.name.empty() && label.display_name.empty()) refuse("item has no name");
    return label;
  }

  int64_t parse_id() {
    int64_t id = 0;
    auto [rest, error] = std::from_chars(token_.data(), token_.data() + token_.size(), id);
    if (kind_ != word || error != std::errc() || rest != token_.data() + token_.size() || id < 1)
      refuse("id needs an integer of 1 or more");
    return id;
  }

  void skip_value() {
    int depth = 0;
    while (true) {
      if (kind_ == end) refuse("unexpected end");
      bool opens = kind_ == mark && (token_ == "{" || token_ == "[" || token_ == "<");
      bool closes = kind_ == mark && (token_ == "}" || token_ == "]" || token_ == ">");
      if (opens && ++depth > kDeepest) refuse("nested deeper than 16");
      if (closes && --depth < 0) refuse("a field without value");
      if (depth == 0) return;
      advance();
    }
  }
};

}  // namespace

LabelMap::LabelMap(std::vector<Label> labels) : labels_(std::move(labels)) {
  std::unordered_set<int64_t> ids;
  for (const Label& label : labels_) {
    if (label.id < 1 || !ids.insert(label.id).second)
      base::fail(base::ExitCode::data, "label map: id ", label.id,
                 label.id < 1 ? " is below 1" : " stands for two items");
    if (!label.name.empty()) by_name_[label.name] = label.id;
    if (!label.display_name.empty()) by_display_name_[label.display_name] = label.id;
  }
}

int64_t LabelMap::lookup(std::string_view text) const {
  auto find = [&](const auto& map) {
    auto at = map.find(text);
    return at == map.end() ? int64_t{-1} : at->second;
  };
  return std::max(find(by_name_), find(by_display_name_));
}

std::vector<Category> LabelMap::categories() const {
  std::vector<Category> categories;
  for (const Label& label : labels_)
    categories.push_back({label.id, label.display_name.empty() ? label.name : label.display_name});
  return categories;
}

LabelMap load_label_map(const std::string& path) {
  return parse_label_map(base::LoadedFile(path, kLargestFile).bytes(), path);
}

LabelMap parse_label_map(std::string_view text, const std::string& path) {
  return LabelMap(LabelMapParser(text, path).parse());
}

}  // namespace data
