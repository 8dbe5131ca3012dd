// The parts of a JSON text as they are written in it. The text must be valid JSON, which only a
// parser can tell.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace data {

// Of an object: each key, with its quotes, and its value. A byte order mark before the text is
// skipped. Errors (data), which begin with `path`: no object, or arrays and objects nested deeper
// than 60.
std::vector<std::pair<std::string_view, std::string_view>> json_members(std::string_view object,
                                                                        const std::string& path);

// Of an array: each element. Errors as above.
std::vector<std::string_view> json_elements(std::string_view array, const std::string& path);

// The position behind a string's closing quote, from behind its opening one; null when unclosed.
const char* skip_json_string(const char* at, const char* end);

// The bracket that closes the one at `at`; null when brackets do not match, or nest deeper than 60.
const char* closing_json_bracket(const char* at, const char* end);

const char* skip_json_blanks(const char* at, const char* end);

}  // namespace data
