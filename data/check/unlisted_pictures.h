// Finds pictures in the image folders of COCO files that no entry lists.
#pragma once
#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "data/dataset.h"

namespace data {

struct UnlistedPictures {
  int64_t pictures = 0;                   // JPEG and PNG files in the folder
  int64_t unlisted = 0;                   // of these, those that no entry names
  std::string first;                      // of the unlisted ones
  std::map<std::string, int64_t> others;  // pictures of formats that are not read, by ending

  // Such as "200 of 500 pictures (40.0 %) are listed by no entry, such as b.jpg; 3 pictures of
  // formats that are not read (.bmp 3)". Empty if there are none.
  std::string in_words() const;
};

// Lists an image folder and its sub-folders, and compares the names with those of these data sets,
// which share the folder. Finds nothing if the data set has another format than COCO, because the
// readers of those formats count such pictures themselves; if the folder may not be listed or holds
// more than a million entries; or if no listed picture is in it, because it may then be any folder.
UnlistedPictures find_unlisted(const std::string& folder, std::span<const Dataset* const> sets);

}  // namespace data
