// Names of files and folders that are made of the names of images and classes.
#pragma once
#include <filesystem>
#include <map>
#include <string>

#include "tools/run/class_list.h"

namespace tools {

// The image's name without folders and ending, cut to 200 bytes, so that a number and an ending can
// follow.
std::string stem_of(const std::string& image);

// The folder of each class below `crops`, by the name of the class. Characters that a folder's name
// cannot have become '_'. If two classes would have one folder, one gets a number: "a_b_2" for the
// class "a/b" beside "a_b".
std::map<std::string, std::string> folders_of_classes(const std::string& crops,
                                                      const run::ClassList&);

// Whether there is a file, a folder or a link of that name.
bool is_taken(const std::filesystem::path&);
// Adds `ending` to the path, and "_2" and so on before it until nothing has that name yet.
std::string new_name(const std::filesystem::path& stem, const std::string& ending);

}  // namespace tools
