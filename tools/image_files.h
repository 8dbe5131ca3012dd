// Image files that a user names, one by one or by folder.
#pragma once
#include <string>
#include <vector>

namespace tools {

// Files as they are, folders as the .jpg, .jpeg and .png files in them (not below), by name; files
// that do not exist are listed, too. Error(data): a folder that cannot be read.
std::vector<std::string> find_images(const std::vector<std::string>& files_and_folders);

// A file in `folder` for each image: its name with .png for PNG files and .jpg for others, "_2" and
// so on added where images of several folders share one.
std::vector<std::string> picture_names(const std::vector<std::string>& images,
                                       const std::string& folder);

}  // namespace tools
