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

std::string syntax_problem(const JsonCursor& cursor, const std::string& message) {
  if (cursor.stopped_by_limit()) return "a string or gap longer than 1 MiB";
  const std::string_view text(cursor.begin, size_t(cursor.end - cursor.begin));
  return json_fault(message, around_fault(text, size_t(cursor.at - cursor.begin)));
}

}  // namespace data
