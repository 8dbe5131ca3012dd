#include "data/json_cursor.h"

#include <array>
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

}  // namespace data
