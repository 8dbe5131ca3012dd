// Finds the image files that a user names, one by one or by folder.
#pragma once
#include <cstdint>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

namespace tools {

struct FoundImages {
  std::vector<std::string> files;
  int64_t below = 0;                      // images in sub-folders that are left out
  std::map<std::string, int64_t> others;  // pictures of formats that are not read, by ending
};

// Lists the images of each input: a file as it is, for a folder its .jpg, .jpeg and .png files
// sorted by path (with those of sub-folders if `recursive`), and for "-" the paths in `list`, one
// per line. Files that do not exist are listed, too. Throws Error(data) if a folder or the list
// cannot be read, or if a line has a NUL or more than 4096 bytes.
FoundImages find_images(const std::vector<std::string>& inputs, bool recursive, std::istream& list);

// A line for the user that says what was left out. Empty if nothing was.
std::string left_out_in_words(const FoundImages&);

// A path in `folder` for each image: its name, with .png for PNG files and .jpg for others. If
// images of several folders have one name, "_2" and so on are added.
std::vector<std::string> picture_names(const std::vector<std::string>& images,
                                       const std::string& folder);

}  // namespace tools
