#include "data/formats/yaml_fault.h"

#include <algorithm>
#include <array>
#include <sstream>
#include <vector>

#include "data/formats/fault_words.h"
#include "data/formats/lines.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

namespace data {

std::vector<std::string_view> lines_of(std::string_view text) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  std::vector<std::string_view> lines;
  for_lines(text, [&](std::string_view line, int) { lines.push_back(line); });
  return lines;
}

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

size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

std::string_view unindented(std::string_view line) { return line.substr(indent_of(line)); }

bool has_text(std::string_view line) {
  const std::string_view text = unindented(line);
  return !text.empty() && text[0] != '#' && text[0] != '\t';
}

// Whether the line begins with a word and a colon.
bool begins_with_key(std::string_view line) {
  line = unindented(line);
  const size_t colon = line.find(':');
  return colon != kNone && line.substr(0, colon).find(' ') == kNone &&
         (colon + 1 == line.size() || line[colon + 1] == ' ');
}

bool begins_with_item(std::string_view line) { return unindented(line).starts_with("- "); }

// Reads the first lines of a text with the library, and keeps what that says.
struct Part : YamlEvents {
  explicit Part(std::string_view text) {
    try {
      std::istringstream stream{std::string(text)};
      YAML::Parser(stream).HandleNextDocument(*this);
    } catch (const YAML::Exception& error) {
      message = error.msg;
    }
  }
  void OnScalar(const YAML::Mark& mark, const std::string&, YAML::anchor_t,
                const std::string&) override {
    last = mark;
  }
  bool good() const { return message.empty(); }

  std::string message;
  YAML::Mark last = YAML::Mark::null_mark();  // of the last text
};

std::string without_colon(std::string_view text) {
  text = unindented(text);
  return base::concatenate(
      "expected a key, a colon and a value, as in `train: images/train`, ", "found `",
      base::printable_name(text), "`; ",
      text.find(':') != kNone ? "write a blank behind the colon" : "is the colon missing?");
}

// Finds the line with the fault: the one behind the longest beginning of the text that can be read.
class Search {
 public:
  Search(std::string_view text, int line, const std::string& message)
      : text_(text), lines_(lines_of(text)), line_(line), message_(message) {
    if (text.find('\0') == kNone) look();  // else UTF-16
  }
  YamlFault found() const { return {line_, words_}; }

 private:
  // The first `count` lines of the text. Lines are numbered from 1.
  std::string_view first_lines(int count) const {
    const std::string_view last = lines_[size_t(count) - 1];
    return text_.substr(0, size_t(last.data() + last.size() - text_.data()));
  }
  std::string_view line(int number) const { return lines_[size_t(number) - 1]; }

  void look() {
    const int conflict = merge_conflict_line(text_), count = int(lines_.size());
    size_t budget = size_t{16} << 20;
    int good = std::min(line_ + 1, count);
    for (; good > 0 && !Part(first_lines(good)).good(); --good) {
      if (budget < text_.size()) return;
      budget -= text_.size();
    }
    if (conflict > 0 && conflict <= good + 1) {
      line_ = conflict;
      words_ = kMergeConflict;
    } else if (good < count) {
      look_at(good + 1);
    }
  }

  // Looks for the fault at line `bad`: the lines above it can be read, and with it they cannot.
  void look_at(int bad) {
    const std::string& message = Part(first_lines(bad)).message;
    if (look_above(bad)) return;
    const bool reaches_on = bad < line_ && bad < int(lines_.size());
    if (reaches_on && !swallows(bad)) return;
    if (bad <= line_) {
      line_ = bad;
      words_ = words_of(line(bad), bad > 1 ? line(bad - 1) : "", reaches_on ? message : message_);
      if (reaches_on || message.find(" flow not found") != kNone) look_at_bracket(bad, message);
    }
  }

  // Whether the line above `bad` is a word alone where a key and a value should be.
  bool look_above(int bad) {
    int above = bad - 1;
    while (above > 0 && !has_text(line(above))) --above;
    if (above == 0 || !begins_with_key(line(bad)) || begins_with_key(line(above))) return false;
    const size_t indent = indent_of(line(above));
    const YAML::Mark last = Part(first_lines(above)).last;
    constexpr std::string_view kOthers = "\"'[{-?";
    if (last.line != above - 1 || last.column != int(indent) || indent > indent_of(line(bad)) ||
        kOthers.find(line(above)[indent]) != kNone)
      return false;
    line_ = above;
    words_ = without_colon(line(above));
    return true;
  }

  // Whether a quote or a bracket that the line leaves open goes on over a line that begins with a
  // key or an item.
  bool swallows(int open) const {
    const std::string_view first = line(open);
    if (!begins_with_key(first) && !begins_with_item(first)) return false;
    for (int i = open + 1; i <= std::min(line_, int(lines_.size())); ++i)
      if ((begins_with_key(line(i)) || begins_with_item(line(i))) &&
          indent_of(line(i)) <= indent_of(first))
        return true;
    return false;
  }

  static std::string words_of(std::string_view line, std::string_view above,
                              const std::string& message) {
    if (unindented(line).starts_with('\t'))
      return "a tab before the text of a line; indent by blanks";
    if (message == "illegal map value" && begins_with_key(line) && begins_with_key(above) &&
        indent_of(line) > indent_of(above))
      return "indented further than the line above it, which has a value already";
    return std::string(words_for(kFaults, message));
  }

  // Looks for an open bracket. If no ] or } at the end makes the text readable, the fault is
  // another one.
  void look_at_bracket(int bad, const std::string& message) {
    if (message.find(" flow not found") == kNone) return;
    const std::string part(first_lines(bad));
    for (const char* closing : {"\n ]", "\n }", "\n ]]", "\n }]", "\n ]}", "\n }}"})
      if (Part(part + closing).good()) return;
    const std::string_view bad_line = line(bad);
    const bool quote = std::count(bad_line.begin(), bad_line.end(), '\'') % 2 != 0 ||
                       std::count(bad_line.begin(), bad_line.end(), '"') % 2 != 0;
    words_ = quote ? "text behind a closing quote; is a quote missing before it?"
                   : "a mark of YAML in a text between brackets, such as a colon; put the text "
                     "into quotes";
  }

  const std::string_view text_;
  const std::vector<std::string_view> lines_;
  int line_;
  const std::string message_;
  std::string words_;
};

// The position of a text in its line, which a mark counts in letters.
size_t byte_of(std::string_view line, int column) {
  size_t at = 0;
  for (; at < line.size(); ++at)
    if ((line[at] & 0xc0) != 0x80 && column-- == 0) break;
  return at;
}

// Whether the text that begins here goes on in the next line.
bool goes_on(std::string_view line, size_t at, const std::string& value) {
  const std::string_view rest = line.substr(at);
  if (!rest.starts_with('"') && !rest.starts_with('\''))
    return rest.size() < value.size() && value.starts_with(rest);
  for (size_t i = 1; i < rest.size(); ++i) {
    if (rest[i] == '\\' && rest[0] == '"')
      ++i;
    else if (rest[i] == rest[0] && rest[0] == '\'' && rest.substr(i + 1).starts_with('\''))
      ++i;
    else if (rest[i] == rest[0])
      return false;
  }
  return true;
}

}  // namespace

YamlFault yaml_fault(std::string_view text, int line, const std::string& message) {
  YamlFault fault = Search(text, line, message).found();
  if (fault.words.empty()) fault.words = words_for(kFaults, message);
  fault.words += " (" + base::printable(message) + ")";
  return fault;
}

std::optional<YamlFault> swallowed_line(const std::vector<std::string_view>& lines,
                                        const YAML::Node& scalar) {
  const YAML::Mark mark = scalar.Mark();
  if (!scalar.IsScalar() || size_t(mark.line) >= lines.size()) return std::nullopt;
  const std::string& value = scalar.Scalar();
  const std::string_view first = lines[size_t(mark.line)];
  const size_t at = byte_of(first, mark.column);
  if (at >= first.size() || !goes_on(first, at, value)) return std::nullopt;
  const bool quotes = first[at] == '"' || first[at] == '\'';
  for (size_t i = size_t(mark.line) + 1; i < lines.size(); ++i) {
    const std::string_view line =
        unindented(lines[i].substr(0, lines[i].find_last_not_of("\"'") + 1));
    if (value.find(line) == kNone) break;
    if (!begins_with_key(line) && !begins_with_item(line)) continue;
    if (quotes) return YamlFault{mark.line + 1, "quotes that are not closed in their line"};
    return YamlFault{int(i) + 1, "a list item or key that is not indented as the one above it"};
  }
  return std::nullopt;
}

std::optional<YamlFault> key_without_colon(const std::vector<std::string_view>& lines,
                                           const YAML::Node& key) {
  const YAML::Mark mark = key.Mark();
  if (!key.IsScalar() || size_t(mark.line) >= lines.size()) return std::nullopt;
  std::string_view line = lines[size_t(mark.line)];
  line = unindented(line.substr(0, line.find(" #")));
  line.remove_suffix(line.size() - (line.find_last_not_of(' ') + 1));
  if (line != key.Scalar()) return std::nullopt;
  return YamlFault{mark.line + 1, without_colon(line)};
}

std::optional<YamlFault> key_behind_document(std::string_view text) {
  struct Second : YamlEvents {
    void OnDocumentStart(const YAML::Mark& mark) override { start = mark; }
    void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  const std::string& value) override {
      if (first.empty()) first = value;
    }
    YAML::Mark start = YAML::Mark::null_mark();
    std::string first;
  } second;
  try {
    std::istringstream stream{std::string(text)};
    YAML::Parser parser(stream);
    YamlEvents events;
    if (!parser.HandleNextDocument(events)) return std::nullopt;
    parser.HandleNextDocument(second);
  } catch (const YAML::Exception&) {
    // What is behind the first document may be anything.
  }
  constexpr std::array kKeys = {"names", "train", "val", "test", "path", "nc"};
  const std::vector<std::string_view> lines = lines_of(text);
  if (std::find(kKeys.begin(), kKeys.end(), second.first) == kKeys.end() ||
      size_t(second.start.line) >= lines.size())
    return std::nullopt;
  for (size_t i = 1; i <= size_t(second.start.line); ++i)
    if (lines[i].starts_with("---") || lines[i].starts_with("...")) return std::nullopt;
  return YamlFault{second.start.line + 1, "a line whose indentation is that of no line above it"};
}

}  // namespace data
