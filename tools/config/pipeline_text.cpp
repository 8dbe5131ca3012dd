#include "tools/config/pipeline_text.h"

#include "data/formats/text_tokens.h"

namespace config {
namespace {

constexpr size_t kMostFields = 10'000, kDeepest = 16;

class TextFieldParser : data::TextTokens {
 public:
  TextFieldParser(std::string_view text, const std::string& name)
      : TextTokens(text, name, base::ExitCode::usage) {
    if (text.size() > kLargestPipeline) refuse("larger than 1 MiB, expected a configuration");
  }

  std::vector<TextField> parse() {
    advance();
    return parse_fields("", 0, '}', line());
  }

 private:
  // Parses up to the mark that closes the message of line `begin`, or to the end of the text for
  // the outermost one.
  std::vector<TextField> parse_fields(const std::string& path, size_t depth, char closing,
                                      int begin) {
    if (depth > kDeepest) refuse("nested deeper than " + std::to_string(kDeepest) + " levels");
    std::vector<TextField> fields;
    for (;;) {
      if (depth == 0 ? kind_ == end : is_mark(closing)) return fields;
      if (kind_ == end)
        refuse(base::concatenate("the text ends, and ", path, " { of line ", begin,
                                 " is not closed: a ", closing, " is missing behind it"));
      if (depth > 0 && (is_mark('}') || is_mark('>')))
        refuse("expected " + std::string(1, closing) + " at the end of " + path);
      if (is_mark(',') || is_mark(';'))
        advance();
      else
        parse_field(path, depth, fields);
    }
  }

  void parse_field(const std::string& path, size_t depth, std::vector<TextField>& fields) {
    if (is_mark('}') || is_mark('>')) refuse("a " + token_ + " that closes nothing; remove it");
    if (kind_ != word) refuse("expected the name of a field, as in protobuf's text format");
    TextField field{.path = path.empty() ? token_ : path + "." + token_, .line = line()};
    advance();
    const bool colon = is_mark(':');
    if (colon) advance();
    if (!is_mark('[')) {
      if (!colon && !is_mark('{') && !is_mark('<')) refuse("expected : or { after " + field.path);
      return parse_value(std::move(field), depth, fields);
    }
    for (advance(); !is_mark(']');) {
      parse_value(field, depth, fields);
      if (is_mark(','))
        advance();
      else if (!is_mark(']'))
        refuse("expected , or ] in the list " + field.path);
    }
    advance();
  }

  void parse_value(TextField field, size_t depth, std::vector<TextField>& fields) {
    if (++count_ > kMostFields) refuse("more than " + std::to_string(kMostFields) + " fields");
    field.line = line();
    if (opens_message()) {
      const char closing = closing_mark();
      advance();
      field.kind = TextField::message;
      field.fields = parse_fields(field.path, depth + 1, closing, field.line);
      advance();
    } else if (kind_ == quoted) {
      field.kind = TextField::quoted;
      field.value = token_;
      advance();
    } else if (kind_ == word) {
      const bool sign = token_ == "-";  // may stand apart from its number
      if (sign) advance();
      if (kind_ != word) refuse("expected a number after the - of " + field.path);
      field.value = (sign ? "-" : "") + token_;
      advance();
    } else {
      refuse("expected the value of " + field.path);
    }
    fields.push_back(std::move(field));
  }

  size_t count_ = 0;
};

}  // namespace

std::vector<TextField> parse_text_fields(std::string_view text, const std::string& name) {
  return TextFieldParser(text, name).parse();
}

}  // namespace config
