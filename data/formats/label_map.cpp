#include "data/formats/label_map.h"

#include <algorithm>
#include <charconv>
#include <unordered_set>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/loaded_file.h"

namespace data {
namespace {

constexpr uint64_t kLargestFile = uint64_t{16} << 20;
constexpr int kDeepest = 16;

// Tokens of the protobuf text format: words and numbers, quoted strings, single marks.
class LabelMapParser {
 public:
  LabelMapParser(std::string_view text, const std::string& path) : text_(text), path_(path) {}

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
  enum Kind { end, word, quoted, mark };

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

  void advance() {
    token_.clear();
    skip_blanks();
    if (at_ == text_.size()) {
      if (kind_ == end) refuse("unexpected end");  // a second call at the end: something is open
      kind_ = end;
      return;
    }
    char c = text_[at_];
    if (c == '"' || c == '\'') return read_quoted(c);
    if (is_word(c)) {
      kind_ = word;
      while (at_ < text_.size() && is_word(text_[at_])) token_ += text_[at_++];
      return;
    }
    kind_ = mark;
    token_ = text_[at_++];
  }

  void skip_blanks() {
    for (; at_ < text_.size(); ++at_) {
      if (text_[at_] == '#')
        at_ = std::min(text_.find('\n', at_), text_.size() - 1);
      else if (static_cast<unsigned char>(text_[at_]) > ' ')
        return;
    }
  }

  void read_quoted(char quote) {
    kind_ = quoted;
    for (++at_; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
      if (text_[at_] == quote) {
        ++at_;
        return;
      }
      if (text_[at_] == '\\')
        read_escape();
      else
        token_ += text_[at_];
    }
    refuse("a string that is not closed");
  }

  void read_escape() {
    constexpr std::string_view kNames = "ntr\\'\"", kMeanings = "\n\t\r\\'\"";
    size_t which = ++at_ < text_.size() ? kNames.find(text_[at_]) : kNames.npos;
    if (which == kNames.npos) refuse("an escape other than \\n \\t \\r \\\\ \\' \\\"");
    token_ += kMeanings[which];
  }

  static bool is_word(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '+' || c == '.';
  }

  [[noreturn]] void refuse(const std::string& what) const {
    auto line =
        1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at_), '\n');
    base::fail(base::ExitCode::data, path_, ":", line, ": ", what);
  }

  std::string_view text_;
  const std::string& path_;
  size_t at_ = 0;
  Kind kind_ = mark;
  std::string token_;
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
