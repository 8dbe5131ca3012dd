// Recognises files that are given as detections but are something else.
#pragma once
#include <string>
#include <string_view>

namespace data {

// What the file is, with what was expected or is to be done, such as "a gzip file: unpack it with
// gunzip". Empty if it may be JSON.
std::string foreign_results(std::string_view file);

// The same for JSON that is an object where an array of detections was expected.
std::string wrapped_results(std::string_view file);

}  // namespace data
