// The tokens of protobuf's text format, in which label maps and the original's configurations are
// written: words and numbers, quoted strings, single marks; comments begin with #.
#pragma once
#include <string>
#include <string_view>

#include "engine/base/error.h"

namespace data {

class TextTokens {
 protected:
  enum Kind { end, word, quoted, mark };

  // `text` and `path`, the file in messages, must outlive the object. Errors have the exit code.
  TextTokens(std::string_view text, const std::string& path, base::ExitCode code)
      : text_(text), path_(path), code_(code) {}

  // Reads the next token into kind_ and token_. Throws Error if a string is not closed or has an
  // escape that is unknown, or if the end was read already.
  void advance();
  int line() const { return line_; }  // of the token

  // Throws Error, "path:line: what".
  [[noreturn]] void refuse(const std::string& what) const;

  Kind kind_ = mark;
  std::string token_;

 private:
  void skip_blanks();
  void read_quoted(char quote);
  void read_escape();

  std::string_view text_;
  const std::string& path_;
  base::ExitCode code_;
  size_t at_ = 0;
  int line_ = 1;
};

}  // namespace data
