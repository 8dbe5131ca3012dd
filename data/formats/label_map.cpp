#include "data/formats/label_map.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>
#include <utility>

#include "data/formats/grouping_class.h"
#include "data/formats/lines.h"
#include "data/formats/text_tokens.h"
#include "engine/base/error.h"
#include "engine/base/loaded_file.h"
#include "engine/base/text.h"

namespace data {
namespace {

constexpr uint64_t kLargestFile = uint64_t{16} << 20;
constexpr size_t kDeepest = 16;

class LabelMapParser : TextTokens {
 public:
  LabelMapParser(std::string_view text, const std::string& path)
      : TextTokens(text, path, base::ExitCode::data) {}

  std::vector<Label> parse() {
    for (advance(); kind_ != end; advance()) {
      if (is_mark(',') || is_mark(';')) continue;
      if (is_mark('}') || is_mark('>')) refuse("a " + token_ + " that closes nothing; remove it");
      if (kind_ != word || token_ != "item") refuse("expected \"item {\"");
      advance();
      if (token_ == ":") advance();
      if (!is_mark('[')) {
        take_item();
        continue;
      }
      for (advance(); !is_mark(']'); advance())
        if (!is_mark(',')) take_item();
    }
    return std::move(labels_);
  }

 private:
  void take_item() {
    if (!opens_message()) refuse("expected \"{\" after \"item\"");
    Label label = parse_item();
    const std::string shown = label.shown_name();
    const auto [first, fresh] = items_.try_emplace(label.id, line(), shown);
    if (!fresh) refuse_id(label.id, first->second.first, first->second.second, shown);
    // The original reserves 0 for it.
    if (label.id == 0 && (is_background_name(label.name) || is_background_name(label.display_name)))
      return;
    if (label.id == 0) refuse("id 0 stands for the background, expected an integer of 1 or more");
    if (!label.name.empty()) {
      const auto [named, is_new] = names_.try_emplace(label.name, label.line);
      if (!is_new)
        refuse(base::concatenate("name \"", base::printable_name(label.name),
                                 "\" is that of the item of line ", named->second,
                                 ", too; give each class a name of its own"));
    }
    labels_.push_back(std::move(label));
  }

  [[noreturn]] void refuse_id(int64_t id, int line, const std::string& first,
                              const std::string& name) const {
    refuse(base::concatenate("id ", id, " stands for \"", base::printable_name(name),
                             "\", and in line ", line, " for \"", base::printable_name(first),
                             "\"; give each class an id of its own, the one that the records "
                             "use"));
  }

  [[noreturn]] void refuse_open(int begin, char closing) const {
    refuse(base::concatenate("the item of line ", begin, " has no ", closing, " before ",
                             kind_ == end ? "the end of the file" : "the next item",
                             "; write it behind the last field of that item"));
  }

  // Parses from a { to its }, or from a < to its >.
  Label parse_item() {
    Label label;
    bool has_id = false;
    std::set<std::string> given;
    const char closing = closing_mark();
    const int begin = label.line = line();
    for (advance(); !is_mark(closing); advance()) {
      if (is_mark(',') || is_mark(';')) continue;
      if (kind_ == end || (kind_ == word && token_ == "item")) refuse_open(begin, closing);
      if (kind_ != word) refuse(std::string("expected a field name or \"") + closing + "\"");
      std::string field = token_;
      const bool read = field == "id" || field == "name" || field == "display_name";
      if (read && !given.insert(field).second)
        refuse(field + " stands twice in the item of line " + std::to_string(begin) +
               "; give each class an item of its own");
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
    const std::optional<int64_t> id = kind_ == word ? whole_number(token_) : std::nullopt;
    if (!id || *id < 0)
      refuse("id needs an integer of 1 or more, found " + base::printable_name(token_));
    return *id;
  }

  void skip_value() {
    std::string open;  // the marks that close what was opened
    const int begin = line();
    while (true) {
      if (kind_ == end)
        refuse(base::concatenate("the file ends, and the value of line ", begin,
                                 " is not closed: a ", open.empty() ? '}' : open.back(),
                                 " is missing behind it"));
      if (opens_message() || is_mark('[')) open += closing_mark();
      if (open.size() > kDeepest) refuse("nested deeper than 16");
      if (is_mark('}') || is_mark(']') || is_mark('>')) {
        if (open.empty()) refuse("a field without value");
        if (!is_mark(open.back())) refuse(std::string("expected ") + open.back());
        open.pop_back();
      }
      if (open.empty()) return;
      advance();
    }
  }

  std::vector<Label> labels_;
  std::map<int64_t, std::pair<int, std::string>> items_;  // line and name, by id
  std::map<std::string, int> names_;                      // lines
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
  for (const Label& label : labels_) {
    categories.push_back({label.id, label.shown_name()});
    if (label.line > 0) categories.back().place = base::concatenate("line ", label.line);
  }
  return categories;
}

LabelMap load_label_map(const std::string& path) {
  return parse_label_map(base::LoadedFile(path, kLargestFile).bytes(), path);
}

LabelMap parse_label_map(std::string_view text, const std::string& path) {
  LabelMap map(LabelMapParser(plain_text(text, path), path).parse());
  const std::string nothing = nothing_in_words(text);
  if (map.labels().empty())
    base::fail(base::ExitCode::data, path, ": ", nothing.empty() ? "no classes" : nothing,
               ", expected item { id: 1 name: 'cat' } for each class of the records; `ssddata "
               "convert --to-records` writes such a file");
  return map;
}

}  // namespace data
