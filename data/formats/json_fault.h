// What is wrong with a text that is no JSON, in words of a user.
#pragma once
#include <string>

namespace data {

// Translates a message of the JSON library, and removes the position that stands in it: "no valid
// JSON: expected , or } after a value (syntax error while parsing object - ...)".
std::string json_fault(const std::string& message);

}  // namespace data
