// Says what is wrong with a text that is not valid JSON, in words that a user knows.
#pragma once
#include <string>
#include <string_view>

namespace data {

// Translates a message of the JSON library, and removes the position that stands in it: "no valid
// JSON: expected , or } after a value (syntax error while parsing object - ...)".
// `near`: the text around the byte at which the library stopped, if it is known.
std::string json_fault(const std::string& message, std::string_view near = {});

// The JSON library takes a zero byte for the end of the text. `rest` is the text behind the byte at
// which it stopped. If that has more than blanks and zero bytes, returns a message, else nothing.
std::string behind_zero_in_words(std::string_view rest);

// The part of `text` around the letter at `at` that json_fault takes.
std::string_view around_fault(std::string_view text, size_t at);

}  // namespace data
