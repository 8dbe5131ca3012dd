// Splits protobuf's text format, in which label maps and the original's configurations are written,
// into tokens: words and numbers, quoted strings, and single marks. Comments begin with #.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/error.h"

namespace data {

// The value of a whole number as the text format writes it: 31, -31, 0x1f or, with a leading 0,
// octal 037. Nothing if the word is something else or does not fit.
std::optional<int64_t> whole_number(std::string_view word);

class TextTokens {
 protected:
  enum Kind { end, word, quoted, mark };

  // `text` and `path`, the file in messages, must outlive the object. Errors have the exit code. A
  // byte order mark at the start of the text is passed over.
  TextTokens(std::string_view text, const std::string& path, base::ExitCode code);

  // Reads the next token into kind_ and token_; strings side by side are one. Throws Error if a
  // string is not closed, has an escape that is unknown or is not UTF-8 because of its escapes, if
  // there is a control character that is no blank, or if the end was read already.
  void advance();
  bool is_mark(char c) const { return kind_ == mark && token_[0] == c; }
  bool opens_message() const { return is_mark('{') || is_mark('<'); }
  // The mark that closes what the token opens: a message or a list.
  char closing_mark() const { return is_mark('{') ? '}' : is_mark('<') ? '>' : ']'; }
  int line() const { return line_; }  // of the token

  // Throws Error, "path:line: what".
  [[noreturn]] void refuse(const std::string& what) const;

  Kind kind_ = mark;
  std::string token_;

 private:
  void skip_blanks();
  void read_quoted(char quote);
  bool read_string(char quote);
  void read_escape();
  void read_code(size_t at, int base, size_t most);
  uint32_t hexadecimal(size_t at, size_t digits) const;
  void read_character(size_t digits);

  std::string_view text_;
  const std::string& path_;
  base::ExitCode code_;
  size_t at_ = 0;
  int line_ = 1;
};

}  // namespace data
