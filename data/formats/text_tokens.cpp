#include "data/formats/text_tokens.h"

#include <algorithm>

namespace data {
namespace {

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-' || c == '+' || c == '.';
}

}  // namespace

void TextTokens::advance() {
  token_.clear();
  skip_blanks();
  if (at_ == text_.size()) {
    if (kind_ == end) refuse("unexpected end");  // a second call at the end: something is open
    kind_ = end;
    return;
  }
  const char c = text_[at_];
  if (c == '"' || c == '\'') return read_quoted(c);
  if (is_word(c)) {
    kind_ = word;
    while (at_ < text_.size() && is_word(text_[at_])) token_ += text_[at_++];
    return;
  }
  kind_ = mark;
  token_ = text_[at_++];
}

// No other token has a line break in it, so the lines are counted here.
void TextTokens::skip_blanks() {
  for (; at_ < text_.size(); ++at_) {
    if (text_[at_] == '#')
      at_ = std::min(text_.find('\n', at_), text_.size() - 1);
    else if (static_cast<unsigned char>(text_[at_]) > ' ')
      return;
    line_ += text_[at_] == '\n';
  }
}

void TextTokens::read_quoted(char quote) {
  kind_ = quoted;
  for (++at_; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
    if (text_[at_] == quote) {
      ++at_;
      return;
    }
    if (text_[at_] == '\\')
      read_escape();
    else
      token_ += text_[at_];
  }
  refuse("a string that is not closed");
}

void TextTokens::read_escape() {
  constexpr std::string_view kNames = "ntr\\'\"", kMeanings = "\n\t\r\\'\"";
  const size_t which = ++at_ < text_.size() ? kNames.find(text_[at_]) : kNames.npos;
  if (which == kNames.npos) refuse("an escape other than \\n \\t \\r \\\\ \\' \\\"");
  token_ += kMeanings[which];
}

void TextTokens::refuse(const std::string& what) const {
  base::fail(code_, path_, ":", line_, ": ", what);
}

}  // namespace data
