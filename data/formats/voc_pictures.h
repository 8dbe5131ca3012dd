// Which picture belongs to a VOC file: people rename pictures and files after they were labelled.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "data/formats/image_folder.h"

namespace data {

class VocPictures {
 public:
  // The folder need not exist: then pictures have the names that the files say.
  explicit VocPictures(const std::string& folder);

  // The picture's name below the folder. `xml` is the file's path below the folder of files, and
  // `filename` what it says, perhaps nothing. In this order: the picture that is named, if it is
  // called like the file; a picture that is called like the file; the one that is named. Where none
  // of these exists, what is named; empty when that is nothing usable.
  std::string find(const std::filesystem::path& xml, const std::string& filename);

  // One line of counts: pictures found by either name and not found; with `all`, when every file of
  // the data set was asked for, also pictures without a file.
  std::string note(const std::string& files, bool all) const;

 private:
  std::string count(const std::string& picture);

  std::string folder_;
  bool exists_ = false;
  ImageFolder found_;
  std::set<std::string> names_;                 // of found_.images
  std::map<std::string, std::string> by_stem_;  // "sub/a" -> "sub/a.jpg"
  std::set<std::string> used_;
  int64_t files_ = 0, renamed_ = 0, missing_ = 0, shared_ = 0;
  std::string first_renamed_, first_missing_, first_shared_;
};

}  // namespace data
