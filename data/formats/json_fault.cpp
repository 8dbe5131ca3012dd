#include "data/formats/json_fault.h"

#include <string_view>

#include "engine/base/text.h"

namespace data {
namespace {

struct Fault {
  std::string_view sign, words;
};
// The first sign that the library's message has decides.
constexpr Fault kFaults[] = {
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

}  // namespace

std::string json_fault(const std::string& message) {
  constexpr size_t kLongest = 200;
  const std::string_view own = without_position(message);
  const std::string_view told = own.substr(0, own.find("; last read: "));  // then the text itself
  for (const Fault& fault : kFaults)
    if (told.find(fault.sign) != told.npos)
      return "no valid JSON: " + std::string(fault.words) + " (" +
             base::printable(std::string(own), kLongest) + ")";
  return {};
}

}  // namespace data
