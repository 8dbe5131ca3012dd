// What was probably meant by the name of an image that is not there.
#pragma once
#include <filesystem>
#include <string>

namespace data {

// The path below `folder` of a file that differs from `name` only in folders before it, in its
// ending or in upper and lower case of the whole; empty when there is none.
std::string similar_file(const std::filesystem::path& folder, const std::string& name);

}  // namespace data
