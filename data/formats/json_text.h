// Finds the parts of a JSON text as they are written. The text must be valid JSON; these functions
// do not check that.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace data {

// Each key, with its quotes, and its value in an object. A byte order mark before the text is
// skipped. Throws Error(data), which begins with `path`, if the text is not an object, or if arrays
// and objects are nested more than 60 deep.
std::vector<std::pair<std::string_view, std::string_view>> json_members(std::string_view object,
                                                                        const std::string& path);

// Each element of an array. Errors are as above.
std::vector<std::string_view> json_elements(std::string_view array, const std::string& path);

// Returns the position after the closing quote of a string, or null if there is none. `at` is the
// position after the opening quote.
const char* skip_json_string(const char* at, const char* end);

// Returns the position of the bracket that closes the one at `at`, or null if brackets do not match
// or are nested more than 60 deep.
const char* closing_json_bracket(const char* at, const char* end);

// Returns the position of the first character that is not a blank.
const char* skip_json_blanks(const char* at, const char* end);

}  // namespace data
