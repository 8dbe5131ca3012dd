#include "data/formats/yaml_fault.h"

#include <algorithm>
#include <vector>

#include "data/formats/fault_words.h"
#include "data/formats/lines.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

namespace data {
namespace {

constexpr FaultWords kFaults[] = {
    {"end of sequence flow", "a [ without its ]"},
    {"end of map flow", "a { without its }"},
    {"illegal flow end", "a ] or } without its [ or {"},
    {"end of map", "a line that is not indented as those around it"},
    {"end of sequence", "a line that is not indented as those around it"},
    {"illegal tab", "a tab before the text of a line; indent by blanks"},
    {"illegal map value", "a colon too many; put a text that holds one into quotes"},
    {"illegal map key", "expected a key, a colon and a value"},
    {"illegal block entry",
     "a list item \"- \" where no list may begin; is there a tab before it?"},
    {"illegal EOF", "quotes that are not closed"},
    {"escape", "an escape that YAML does not have; put a text with \\ into single quotes"},
    {"", "a text with a mark of YAML, such as & * ! % @; put it into quotes"}};

constexpr size_t kNone = std::string_view::npos;

// The position behind the quoted text that begins here, or kNone if it does not end in this line.
size_t behind_quotes(std::string_view line, size_t at) {
  const char quote = line[at++];
  for (; at < line.size(); ++at) {
    if (quote == '"' && line[at] == '\\')
      ++at;
    else if (line[at] == quote && quote == '\'' && line.substr(at + 1).starts_with('\''))
      ++at;
    else if (line[at] == quote)
      return at + 1;
  }
  return kNone;
}

// What a line has outside of quotes.
struct Line {
  size_t indent = 0;
  bool item = false;       // begins with "- "
  bool bare_item = false;  // "-" alone
  size_t colon = kNone;    // of the first key
  bool value = false;      // something follows the colon
  bool block = false;      // | or > follows it: the lines below are text
  int brackets = 0;        // opened less closed
  bool quotes_open = false, text_behind_quotes = false;

  bool opens() const { return colon != kNone && !value; }  // its value is below
};

// Reads a line that has some text, from the first letter on.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : line_(line), at_(line.find_first_not_of(' ')) {}

  // `open`: brackets that are open before it.
  Line read(int open) {
    out_.indent = at_;
    if (open == 0) skip_items();
    bool begins = true;  // a value may begin here
    for (; at_ < line_.size(); ++at_) {
      const char c = line_[at_];
      const bool in_flow = open + out_.brackets > 0;
      if (c == ' ') continue;
      if (c == '#' && at_ > 0 && line_[at_ - 1] == ' ') break;
      if (begins && (c == '"' || c == '\'')) {
        if (!skip_quotes()) return out_;
        begins = false;
      } else if (begins && (c == '[' || c == '{')) {
        ++out_.brackets;
      } else if (in_flow && (c == ']' || c == '}')) {
        --out_.brackets;
        begins = false;
      } else if (in_flow && c == ',') {
        begins = true;
      } else {
        begins = is_colon() && (in_flow || take_colon());
      }
    }
    return out_;
  }

 private:
  void skip_items() {
    while (at_ < line_.size() && line_[at_] == '-' &&
           (at_ + 1 == line_.size() || line_[at_ + 1] == ' ')) {
      out_.item = true;
      at_ = std::min(line_.find_first_not_of(' ', at_ + 1), line_.size());
      out_.bare_item = at_ == line_.size();
    }
  }
  // Leaves the position at the closing quote.
  bool skip_quotes() {
    const size_t behind = behind_quotes(line_, at_);
    out_.quotes_open = behind == kNone;
    if (out_.quotes_open) return false;
    const size_t next = line_.find_first_not_of(' ', behind);
    constexpr std::string_view kMayFollow = ",]}:#";
    out_.text_behind_quotes |= next != kNone && kMayFollow.find(line_[next]) == kNone;
    at_ = behind - 1;
    return true;
  }
  bool is_colon() const {
    return line_[at_] == ':' && (at_ + 1 == line_.size() || line_[at_ + 1] == ' ');
  }
  bool take_colon() {
    if (out_.colon != kNone) return false;
    out_.colon = at_;
    const size_t next = line_.find_first_not_of(' ', at_ + 1);
    out_.value = next != kNone && line_[next] != '#';
    out_.block = out_.value && (line_[next] == '|' || line_[next] == '>');
    return true;
  }

  std::string_view line_;
  size_t at_;
  Line out_;
};

bool begins_with_key(std::string_view line) {
  const size_t first = line.find_first_not_of(' '), colon = line.find(':');
  return colon != kNone && line.substr(first, colon - first).find(' ') == kNone &&
         (colon + 1 == line.size() || line[colon + 1] == ' ');
}

// Looks at the lines outside of blocks of text.
class Scan {
 public:
  // `hidden`: the text can be read, so that only what it hardly means counts.
  Scan(std::string_view text, bool hidden) : hidden_(hidden) {
    if (text.find('\0') != kNone) return;  // UTF-16
    for_lines(text, [this](std::string_view line, int number) {
      if (!found_.line && !given_up_) look_at(line, number);
    });
  }
  const YamlFault& found() const { return found_; }
  int line_of_open_bracket() const { return open_ > 0 ? opened_ : 0; }

 private:
  void look_at(std::string_view text, int number) {
    const size_t first = text.find_first_not_of(' ');
    if (first == kNone) return;
    if (quotes_) {  // in a text that can be read
      if (begins_with_key(text)) found_ = {quotes_, "quotes that are not closed in their line"};
      given_up_ = true;
      return;
    }
    if (text[first] == '#' || text.starts_with("---") || text.starts_with("...") ||
        text.starts_with('%'))
      return;
    if (block_ != kNone && first > block_) return;
    block_ = kNone;
    const std::string words = text[first] == '\t' ? tab(text) : fault_of(text, number);
    if (!words.empty()) found_ = {number, words};
  }

  std::string tab(std::string_view text) const {
    const bool blank = text.find_first_not_of(" \t") == kNone;
    return blank || hidden_ ? "" : "a tab before the text of a line; indent by blanks";
  }

  std::string fault_of(std::string_view text, int number) {
    const Line line = LineReader(text).read(open_);
    if (line.quotes_open && !hidden_) return "quotes that are not closed";
    if (line.quotes_open) quotes_ = number;
    if (line.text_behind_quotes)
      return hidden_ ? "" : "text behind a closing quote; is a quote missing before it?";
    const bool inside = open_ > 0;
    open_ = std::max(0, open_ + line.brackets);
    if (!inside && open_ > 0) opened_ = number;
    if (inside) return "";
    std::string words = line.item ? fault_of_item(line) : fault_of_key(text, line);
    if (line.block) block_ = line.indent;
    above_ = line;
    return words;
  }

  std::string fault_of_item(const Line& line) {
    const bool new_list = items_ == kNone || above_.bare_item || above_.opens();
    const bool other = !new_list && line.indent != items_;
    const bool deeper = other && line.indent > items_;
    if (new_list || !above_.item) items_ = line.indent;
    return (hidden_ ? deeper : other) ? "a list item that is not indented as the one above it" : "";
  }

  std::string fault_of_key(std::string_view text, const Line& line) {
    if (items_ != kNone && line.indent > items_) return "";  // of an item
    items_ = kNone;
    if (line.colon == kNone && line.brackets == 0) return no_colon(text, line);
    const size_t before = keys_.size();
    while (!keys_.empty() && keys_.back() > line.indent) keys_.pop_back();
    const bool deeper = keys_.empty() || line.indent > keys_.back();
    const bool further = deeper && before > 0 && keys_.size() == before;
    if (deeper) keys_.push_back(line.indent);
    if (deeper && before >= keys_.size())
      return "a line whose indentation is that of no line above it";
    return further && above_.value && !hidden_
               ? "indented further than the line above it, which has a value already"
               : "";
  }

  // A text that goes on in the next line, further to the right, is YAML.
  std::string no_colon(std::string_view text, const Line& line) const {
    text.remove_prefix(line.indent);
    const bool number = text.find_first_not_of("0123456789") == text.find(':');
    const bool colon = text.find(':') != kNone;
    if (hidden_ && line.indent > above_.indent && !(number && colon)) return "";
    return base::concatenate("expected a key, a colon and a value, as in `train: images/train`, ",
                             "found `", base::printable_name(text), "`; ",
                             colon ? "write a blank behind the colon" : "is the colon missing?");
  }

  const bool hidden_;
  YamlFault found_;
  int open_ = 0, opened_ = 0;             // brackets, and the line of the outermost one
  int quotes_ = 0;                        // the line that has opened quotes
  size_t block_ = kNone, items_ = kNone;  // indentation of a block's key, and of list items
  std::vector<size_t> keys_;              // indentation of the keys around a line
  bool given_up_ = false;
  Line above_;
};

}  // namespace

YamlFault yaml_fault(std::string_view text, int line, const std::string& message) {
  const Scan scan(text, false);
  YamlFault fault = scan.found();
  if (fault.line == 0 || fault.line > line) {
    fault = {line, std::string(words_for(kFaults, message))};
    const bool bracket = message.find(" flow not found") != message.npos;
    if (bracket && scan.line_of_open_bracket() > 0) fault.line = scan.line_of_open_bracket();
    if (bracket && scan.line_of_open_bracket() == 0)
      fault.words =
          "a mark of YAML in a text between brackets, such as a colon; put the text "
          "into quotes";
  }
  fault.words += " (" + base::printable(message) + ")";
  return fault;
}

std::optional<YamlFault> hidden_yaml_fault(std::string_view text) {
  const YamlFault fault = Scan(text, true).found();
  return fault.line ? std::optional(fault) : std::nullopt;
}

}  // namespace data
