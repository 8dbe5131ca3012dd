#include "tools/config/parser.h"

#include "data/formats/json_fault.h"
#include "data/formats/lines.h"
#include "engine/base/error.h"

namespace config {
using nlohmann::json;

namespace {

struct Position {
  std::string_view text;
  int line = 1;  // of the character read last; a line break still belongs to the line that it ends
  bool line_ended = false;
  size_t read = 0;  // characters

  bool at_hash() const { return read > 0 && text[read - 1] == '#'; }
  std::string_view around() const { return data::around_fault(text, read > 0 ? read - 1 : 0); }
};

// Feeds the parser and counts lines, because nlohmann's callbacks do not give the position.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, Position* position) : at_(at), position_(position) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    position_->line += position_->line_ended;
    position_->line_ended = *at_++ == '\n';
    ++position_->read;
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  Position* position_;
};

class Builder : public json::json_sax_t {
 public:
  Builder(const Position* position, std::string name)
      : position_(position), name_(std::move(name)) {}

  bool null() override { return put(nullptr); }
  bool boolean(bool v) override { return put(v); }
  bool number_integer(json::number_integer_t v) override { return put(v); }
  bool number_unsigned(json::number_unsigned_t v) override { return put(v); }
  bool number_float(json::number_float_t v, const std::string&) override { return put(v); }
  bool string(std::string& v) override { return put(v); }
  bool binary(json::binary_t&) override { return false; }
  bool start_object(size_t) override { return open(json::object()); }
  bool start_array(size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& k) override {
    Level& level = levels_.back();
    if (level.container->contains(k))
      complain(base::concatenate(
          "key ", level.path, k, " is written twice",
          position_ ? base::concatenate(", first in line ", lines[level.path + k]) : ""));
    level.key = k;
    lines[level.path + k] = position_ ? position_->line : 1;
    return true;
  }

  bool parse_error(size_t, const std::string&, const nlohmann::detail::exception& e) override {
    std::string fault =
        data::json_fault(e.what(), position_ ? position_->around() : std::string_view());
    if (position_ && position_->at_hash())
      fault += "; a comment begins with //, or stands between /* and */";
    else if (position_ && !began_)
      fault += "; a configuration is JSON and begins with {";
    complain(fault);
  }

  [[noreturn]] void complain(const std::string& what) const {
    base::fail(base::ExitCode::usage, name_,
               position_ ? base::concatenate(":", position_->line) : "", ": ", what);
  }

  json root;
  std::map<std::string, int> lines{{"", 1}};

 private:
  struct Level {
    json* container;
    std::string path;  // of the container, with a dot at its end
    std::string key;   // the member being read
  };

  json* place(json&& value) {
    if (levels_.empty()) return &(root = std::move(value));
    Level& level = levels_.back();
    if (level.container->is_array()) {
      level.container->push_back(std::move(value));
      return &level.container->back();
    }
    return &((*level.container)[level.key] = std::move(value));
  }

  bool put(json value) {
    place(std::move(value));
    return true;
  }

  bool open(json&& container) {
    began_ = true;
    if (levels_.size() == kMaxConfigDepth)
      complain(base::concatenate("nested deeper than ", kMaxConfigDepth, " levels"));
    std::string path = levels_.empty() ? "" : levels_.back().path + levels_.back().key + ".";
    json* at = place(std::move(container));
    levels_.push_back({at, path == "." ? "" : path, ""});
    return true;
  }

  bool close() {
    levels_.pop_back();
    return true;
  }

  const Position* position_;  // null for a text of one line, whose place is known
  std::string name_;
  std::vector<Level> levels_;
  bool began_ = false;
};

}  // namespace

ParsedConfig parse_config(const std::string& text, const std::string& name) {
  Position position{.text = text};
  Builder builder(&position, name);
  if (const std::string nothing = data::nothing_in_words(text); !nothing.empty())
    base::fail(base::ExitCode::usage, name, ":1: ", nothing,
               "; a configuration is JSON, at least {}");
  if (const std::string wide = data::wide_in_words(text); !wide.empty())
    base::fail(base::ExitCode::usage, name, ":1: ", wide);
  CountingIterator first(text.data(), &position), last(text.data() + text.size(), &position);
  json::sax_parse(first, last, &builder, json::input_format_t::json, true, true);
  if (const std::string more = data::behind_zero_in_words(text.substr(position.read));
      !more.empty())
    builder.complain(more);
  if (!builder.root.is_object()) builder.complain("expected an object in { }");
  return {std::move(builder.root), std::move(builder.lines)};
}

json parse_config_value(const std::string& text, const std::string& place) {
  Builder builder(nullptr, place);
  json::sax_parse(text, &builder, json::input_format_t::json, true, true);
  return std::move(builder.root);
}

}  // namespace config
