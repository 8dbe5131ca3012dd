#include "data/formats/json_cursor.h"

#include <cmath>
#include <cstdint>
#include <utility>

#include "data/formats/json_fault.h"
#include "data/formats/json_text.h"

namespace data {
char JsonCursor::hide_value() {
  const char* colon = skip_json_blanks(at, end);
  if (colon == end || *colon != ':') return 0;
  const char* open = skip_json_blanks(colon + 1, end);
  if (open == end || (*open != '[' && *open != '{')) return 0;
  const char* close = closing_json_bracket(open, end);
  if (!close) return 0;
  limit = open + 1;
  resume = close;
  const char* first = skip_json_blanks(open + 1, close);
  return first == close ? *close : *first;
}

bool JsonCursor::next_piece() {
  if (!resume) return false;
  at = std::exchange(resume, nullptr);
  token_read();
  return true;
}

std::optional<int64_t> whole_number(double value) {
  constexpr double kExactIntegers = 9007199254740992.0;  // 2^53
  if (value != std::floor(value) || std::fabs(value) > kExactIntegers) return std::nullopt;
  return static_cast<int64_t>(value);
}

namespace {

// Python writes words of its own that JSON does not have. The library stops at one of their first
// letters.
std::string python_word(const JsonCursor& cursor, const std::string& reason) {
  if (reason.find("invalid literal") == reason.npos && reason.find("invalid number") == reason.npos)
    return "";
  constexpr ptrdiff_t kBefore = 3, kAround = 12;
  const char* from = cursor.at - std::min(kBefore, cursor.at - cursor.begin);
  const std::string_view near(from, size_t(std::min(kAround, cursor.end - from)));
  for (const char* word : {"NaN", "Infinity", "None", "True", "False"})
    if (near.find(word) != near.npos)
      return std::string("; ") + word + " is a word of Python, expected a value of JSON";
  return "";
}

}  // namespace

std::string syntax_problem(const JsonCursor& cursor, const std::string& message) {
  if (cursor.stopped_by_limit()) return "a string or gap longer than 1 MiB";
  return json_fault(message) + python_word(cursor, message);
}

}  // namespace data
