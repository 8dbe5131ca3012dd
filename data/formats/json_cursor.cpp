#include "data/formats/json_cursor.h"

#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

namespace data {
namespace {

constexpr int kDeepest = 60;  // below the limit of the parser, which then complains about more

constexpr std::array<bool, 256> kStructural = [] {
  std::array<bool, 256> table{};
  for (char c : {'"', '[', ']', '{', '}'}) table[static_cast<uint8_t>(c)] = true;
  return table;
}();

const char* skip_blanks(const char* at, const char* end) {
  while (at != end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
  return at;
}

// The position behind a string's closing quote, from behind its opening one; null when unclosed.
const char* skip_string(const char* at, const char* end) {
  while (at != end && *at != '"') at += *at == '\\' && end - at > 1 ? 2 : 1;
  return at == end ? nullptr : at + 1;
}

// The bracket that closes the one at `at`; null when they do not match.
const char* closing_bracket(const char* at, const char* end) {
  uint64_t objects = 0;  // a stack of bits: 1 for {, 0 for [
  int depth = 0;
  while (true) {
    while (at != end && !kStructural[static_cast<uint8_t>(*at)]) ++at;
    if (at == end) return nullptr;
    char c = *at;
    if (c == '"') {
      if (!(at = skip_string(at + 1, end))) return nullptr;
      continue;
    }
    if (c == '[' || c == '{') {
      if (++depth > kDeepest) return nullptr;
      objects = objects << 1 | (c == '{');
    } else {
      if ((objects & 1) != (c == '}')) return nullptr;
      objects >>= 1;
      if (--depth == 0) return at;
    }
    ++at;
  }
}

}  // namespace

char JsonCursor::hide_value() {
  const char* colon = skip_blanks(at, end);
  if (colon == end || *colon != ':') return 0;
  const char* open = skip_blanks(colon + 1, end);
  if (open == end || (*open != '[' && *open != '{')) return 0;
  const char* close = closing_bracket(open, end);
  if (!close) return 0;
  limit = open + 1;
  resume = close;
  const char* first = skip_blanks(open + 1, close);
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
  constexpr size_t kLongest = 200;
  if (cursor.stopped_by_limit()) return "a string or gap longer than 1 MiB";
  // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ..."
  std::string reason = message.substr(message.find("] ") + 2);
  if (reason.starts_with("parse error at")) reason = reason.substr(reason.find(": ") + 2);
  if (reason.size() > kLongest) reason = reason.substr(0, kLongest) + "...";
  return "no valid JSON: " + reason;
}

}  // namespace data
