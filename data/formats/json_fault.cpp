#include "data/formats/json_fault.h"

#include <algorithm>

#include "data/formats/fault_words.h"
#include "data/formats/lines.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

namespace data {
namespace {

constexpr FaultWords kFaults[] = {
    {"number overflow", "a number that is too large"},
    {"ill-formed UTF-8", "a byte that is not UTF-8; save the file as UTF-8"},
    {"invalid BOM", "a damaged byte order mark; save the file as UTF-8"},
    {"missing closing quote", "the text ends within quotes"},
    {"control character", "a line break or control character within quotes; write \\n, \\t or \\u"},
    {"surrogate", "an escape \\u that is no character"},
    {"hex digits", "expected four hexadecimal digits behind \\u"},
    {"forbidden character", "a \\ before a letter that needs none; write a backslash as \\\\"},
    {"missing closing '*/'", "a comment without its */"},
    {"invalid comment", "expected a value, found /"},
    {"invalid number", "a number that is cut off; expected digits, as in -1.5 or 2e3"},
    {"unexpected end of input", "the text ends before all brackets are closed"},
    {"expected end of input", "more text behind the last closing bracket"},
    {"object key - unexpected '}'", "expected a name before }; is there a comma too many?"},
    {"value - unexpected ']'", "expected a value before ]; is there a comma too many?"},
    {"parsing object key", "expected a name in double quotes and a colon, as in \"name\": 1"},
    {"parsing object separator", "expected : behind a name"},
    {"parsing object", "expected , or } behind a value"},
    {"parsing array", "expected , or ] behind a value"},
    {"", "expected a value: a number, \"a text\", true, false, null, [ or {"}};

// Removes "[json.exception.parse_error.101] parse error at line 1, column 2: ".
std::string_view without_position(std::string_view message) {
  if (const size_t bracket = message.find("] "); bracket != message.npos)
    message.remove_prefix(bracket + 2);
  if (message.starts_with("parse error"))
    if (const size_t colon = message.find(": "); colon != message.npos)
      message.remove_prefix(colon + 2);
  return message;
}

// What people and programs write that JSON does not have. The library stops at one of the first
// letters.
std::string foreign_word(std::string_view message, std::string_view near) {
  if (message.find("invalid literal") == message.npos &&
      message.find("invalid number") == message.npos)
    return "";
  for (const char* word : {"NaN", "Infinity", "None", "True", "False"})
    if (near.find(word) != near.npos)
      return std::string("; ") + word + " is a word of Python, expected a value of JSON";
  for (const char* quote : {"\u201c", "\u201d", "\u201e", "\u2018", "\u2019"})
    if (near.find(quote) != near.npos)
      return std::string("; ") + quote + " is a quote for print, expected \"";
  return "";
}

}  // namespace

std::string json_fault(const std::string& message, std::string_view near) {
  constexpr size_t kLongest = 200;
  const std::string_view own = without_position(message);
  if (near.find(kMergeMark) != near.npos)
    return base::concatenate("no valid JSON: ", kMergeConflict);
  if (own.find("unexpected end of input") != own.npos && near.find('\0') != near.npos)
    return "no valid JSON: a zero byte, at which the text ends before all brackets are closed; "
           "write "
           "the file anew";
  // What was last read is part of the text itself; what was expected stands behind it.
  const bool behind_all = own.ends_with("; expected end of input");
  const std::string_view told =
      behind_all ? "expected end of input" : own.substr(0, own.find("; last read: "));
  return base::concatenate("no valid JSON: ", words_for(kFaults, told), " (",
                           base::printable(own, kLongest), ")",
                           behind_all ? "" : foreign_word(own, near));
}

std::string behind_zero_in_words(std::string_view rest) {
  using namespace std::string_view_literals;
  if (rest.find_first_not_of("\0 \t\r\n"sv) == rest.npos) return "";
  return "a zero byte, at which the text ends, and more text behind it; write the file anew";
}

std::string_view around_fault(std::string_view text, size_t at) {
  constexpr size_t kBefore = 3, kAround = 12;
  const size_t from = std::min(text.size(), at - std::min(kBefore, at));
  return text.substr(from, kAround);
}

}  // namespace data
