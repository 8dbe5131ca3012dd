// Lists the images in a folder. It goes by the endings of their names.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "engine/base/folder_walk.h"

namespace data {

struct ImageFolder {
  std::vector<std::filesystem::path> images;  // .jpg, .jpeg, .png: relative to the folder, sorted
  std::map<std::string, int64_t> others;      // number of pictures that are not read, by ending
  int64_t below = 0;                          // images in sub-folders, if those are left out
  int64_t hidden = 0;                         // hidden images, which are left out
};

// Lists a folder, with or without its sub-folders. Hidden files and folders are left out: systems
// and editors make them, such as the "._a.jpg" that macOS writes beside a copied a.jpg. Throws
// Error(data) if the folder cannot be read.
ImageFolder list_images(const std::string& folder, bool with_subfolders);

// As base::walk with all folders, but hidden files and folders are neither visited nor entered.
base::UnseenFolders walk_visible(const std::filesystem::path& folder, const base::Visit& visit);

// Whether the last part of the path begins with a dot.
bool is_hidden(const std::filesystem::path& path);
// The ending of the name in lower case, with its dot.
std::string lower_ending(const std::filesystem::path& path);
// Whether the name has the ending of a format that is read, in any case of letters.
bool names_image(const std::filesystem::path& path);
// Whether the name has the ending of a picture format that is not read.
bool names_other_picture(const std::filesystem::path& path);

// Such as "3 pictures of formats that are not read (.bmp 1, .webp 2)". Empty if there are none.
std::string in_words(const std::map<std::string, int64_t>& others);
// Such as "2 hidden images (of a name that begins with a dot)". Empty if there are none.
std::string hidden_in_words(int64_t hidden);

}  // namespace data
