// Guesses which file was meant by the name of an image that is not there.
#pragma once
#include <filesystem>
#include <string>

namespace data {

// Returns the path below `folder` of a file whose name differs from `name` only in the folders
// before it, in its ending, or in upper and lower case. Empty if there is none.
std::string similar_file(const std::filesystem::path& folder, const std::string& name);

}  // namespace data
