#include "data/formats/text_tokens.h"

#include <algorithm>
#include <charconv>
#include <tuple>
#include <utility>

#include "data/formats/lines.h"
#include "engine/base/text.h"

namespace data {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '+' || c == '.';
}

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

std::optional<int64_t> whole_number(std::string_view word) {
  const bool negative = word.starts_with('-');
  if (negative) word.remove_prefix(1);
  int base = 10;
  if (word.starts_with("0x") || word.starts_with("0X"))
    base = 16, word.remove_prefix(2);
  else if (word.size() > 1 && word[0] == '0')
    base = 8;
  uint64_t value = 0;
  const auto [rest, error] = std::from_chars(word.data(), word.data() + word.size(), value, base);
  if (error != std::errc() || rest != word.data() + word.size() || value > INT64_MAX)
    return std::nullopt;
  return negative ? -int64_t(value) : int64_t(value);
}

TextTokens::TextTokens(std::string_view text, const std::string& path, base::ExitCode code)
    : text_(text), path_(path), code_(code) {
  for (const std::string& fault : {zeros_in_words(text), wide_in_words(text)})
    if (!fault.empty()) base::fail(code_, path_, ": ", fault);
  constexpr std::string_view kByteOrder = "\xef\xbb\xbf";
  if (text_.starts_with(kByteOrder)) text_.remove_prefix(kByteOrder.size());
}

void TextTokens::advance() {
  token_.clear();
  skip_blanks();
  if (at_ == text_.size()) {
    if (kind_ == end) refuse("unexpected end");  // a second call at the end: something is open
    kind_ = end;
    return;
  }
  const char c = text_[at_];
  if (text_.substr(at_).starts_with(kMergeMark)) refuse(std::string(kMergeConflict));
  if (c == '"' || c == '\'') return read_quoted(c);
  if (is_word(c)) {
    kind_ = word;
    while (at_ < text_.size() && is_word(text_[at_])) token_ += text_[at_++];
    return;
  }
  if (static_cast<unsigned char>(c) < ' ' || c == 127)
    refuse("the byte " + base::printable({&c, 1}) + ", which no text has");
  kind_ = mark;
  token_ = text_[at_++];
}

// No other token has a line break in it, so the lines are counted here.
void TextTokens::skip_blanks() {
  for (; at_ < text_.size(); ++at_) {
    if (text_[at_] == '#')
      at_ = std::min(text_.find('\n', at_), text_.size() - 1);
    else if (!is_blank(text_[at_]))
      return;
    line_ += text_[at_] == '\n';
  }
}

// Strings that stand side by side are one.
void TextTokens::read_quoted(char quote) {
  kind_ = quoted;
  bool escapes = false;
  while (true) {
    escapes |= read_string(quote);
    const auto behind = std::pair(at_, line_);
    skip_blanks();
    quote = at_ < text_.size() ? text_[at_] : ' ';
    if (quote == '"' || quote == '\'') continue;
    std::tie(at_, line_) = behind;
    break;
  }
  if (escapes && !base::is_utf8(token_)) refuse("a string whose escapes give no UTF-8");
}

// Returns whether it has escapes.
bool TextTokens::read_string(char quote) {
  bool escapes = false;
  for (++at_; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
    if (text_[at_] == quote) {
      ++at_;
      return escapes;
    }
    if (text_[at_] == '\\')
      escapes = true, read_escape();
    else
      token_ += text_[at_];
  }
  refuse("a string that is not closed");
}

void TextTokens::read_escape() {
  constexpr std::string_view kNames = "abfnrtv?\\'\"", kMeanings = "\a\b\f\n\r\t\v?\\'\"";
  const char next = ++at_ < text_.size() ? text_[at_] : ' ';
  if (next >= '0' && next <= '7') return read_code(at_, 8, 3);
  if (next == 'x' || next == 'X') return read_code(at_ + 1, 16, 2);
  if (next == 'u' || next == 'U') return read_character(next == 'u' ? 4 : 8);
  const size_t which = kNames.find(next);
  if (which == kNames.npos)
    refuse(
        "an escape other than \\n \\t \\r \\a \\b \\f \\v \\? \\\\ \\' \\\" \\303 \\xc3 \\u00e4");
  token_ += kMeanings[which];
}

// The number in so many hexadecimal digits behind the letter at `at`.
uint32_t TextTokens::hexadecimal(size_t at, size_t digits) const {
  const std::string_view number = text_.substr(std::min(at + 1, text_.size()), digits);
  uint32_t value = 0;
  const auto [rest, error] =
      std::from_chars(number.data(), number.data() + number.size(), value, 16);
  if (error != std::errc() || rest != number.data() + digits)
    refuse("an escape \\u without its 4, or \\U without its 8 hexadecimal digits");
  return value;
}

// A character by its number, also one in two halves, as JSON writes it.
void TextTokens::read_character(size_t digits) {
  uint32_t code = hexadecimal(at_, digits);
  at_ += digits;
  if (code >> 10 == 0xd800 >> 10 && text_.substr(at_ + 1).starts_with("\\u")) {
    const uint32_t low = hexadecimal(at_ + 2, 4);
    if (low >> 10 != 0xdc00 >> 10) refuse("an escape \\u that is half a character");
    code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
    at_ += 6;
  }
  if (code > 0x10ffff) refuse("an escape \\U that is no character");
  const int more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;  // further bytes
  token_ += more == 0 ? char(code) : char(0xff << (7 - more) | (code >> 6 * more));
  for (int i = more - 1; i >= 0; --i) token_ += char(0x80 | (code >> 6 * i & 0x3f));
}

// A byte by its number, in at most so many digits.
void TextTokens::read_code(size_t at, int base, size_t most) {
  constexpr unsigned kLargest = 255;
  const char* const begin = text_.data() + at;
  unsigned code = 0;
  const auto [rest, error] = std::from_chars(
      begin, begin + std::min(most, text_.size() - std::min(at, text_.size())), code, base);
  if (error != std::errc() || code > kLargest) refuse("an escape that is no byte");
  token_ += char(code);
  at_ = size_t(rest - text_.data()) - 1;
}

void TextTokens::refuse(const std::string& what) const {
  base::fail(code_, path_, ":", line_, ": ", what);
}

}  // namespace data
