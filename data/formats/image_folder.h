// The pictures in a folder, by the endings of their names.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace data {

struct ImageFolder {
  std::vector<std::filesystem::path> images;  // .jpg, .jpeg, .png: relative to the folder, sorted
  std::map<std::string, int64_t> others;      // pictures of formats that are not read, by ending
  int64_t below = 0;                          // images in sub-folders, when those are left out
};

// Endings are compared without case. Error (data): a folder that cannot be read.
ImageFolder list_images(const std::string& folder, bool with_subfolders);

// Whether the name ends like a picture of a format that is read, and of one that is not.
bool names_image(const std::filesystem::path& path);
bool names_other_picture(const std::filesystem::path& path);

// "3 pictures of formats that are not read (.bmp 1, .webp 2)"; empty when there are none.
std::string in_words(const std::map<std::string, int64_t>& others);

}  // namespace data
