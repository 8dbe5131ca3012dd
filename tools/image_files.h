// Finds the image files that a user names, one by one or by folder.
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "tools/path_lines.h"

namespace tools {

struct FoundImages {
  std::vector<std::string> files;
  std::vector<std::string> empty;         // folders without an image that is read
  int64_t below = 0;                      // images in sub-folders that are left out
  int64_t hidden = 0;                     // images whose names begin with a dot: left out
  std::map<std::string, int64_t> others;  // pictures of formats that are not read, by ending
  std::vector<std::string> repeated;      // names of images that were named before: left out
};

// Lists the images of each input: a file as it is, for a folder its .jpg, .jpeg and .png files
// sorted by path (with those of sub-folders if `recursive`, without hidden ones), and for "-" the
// paths in `list`. Files that do not exist are listed, too. An image that `inputs` name again, in
// whatever spelling, is listed once; of a list, each line is. Throws Error(data) if a folder or the
// list cannot be read.
FoundImages find_images(const std::vector<std::string>& inputs, bool recursive, PathLines& list);

// A line for the user that says what was left out. Empty if nothing was.
std::string left_out_in_words(const FoundImages&);
// Such as "note: no image in photos/old" if some folders had images and others had none, else
// empty.
std::string empty_in_words(const FoundImages&);

// Such as "note: 2 images are named more than once, such as a.jpg; each is taken once", else empty.
std::string repeated_in_words(const FoundImages&);

// Returns ".png" for PNG files, ".jpg" for others.
std::string picture_ending(const std::string& image);

class UnusedNames {
 public:
  // Returns `name`, with "_2" and so on added if that was given before.
  std::string take(const std::string& name);

 private:
  std::set<std::string> used_;
  std::map<std::string, int> last_;  // by the name without a number: the last number in use
};

}  // namespace tools
