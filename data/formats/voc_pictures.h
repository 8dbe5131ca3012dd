// Finds the picture that belongs to a VOC file. This takes care because people rename pictures and
// files after labelling.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "data/image_folder.h"

namespace data {

class VocPictures {
 public:
  // If the folder does not exist, find() returns the names in the files.
  explicit VocPictures(const std::string& folder);

  // Returns the path of the picture below the folder. `xml` is the path of the file below the
  // folder of files, and `filename` is the name in it, which may be empty. If `filename` is the
  // path of no picture, but its last part is, the last part counts. The first of these that exists
  // is taken: 1. the picture `filename`, if it has the same name as the file, but for the ending;
  // 2. a picture that has the same path as the file, but for the ending; 3. the picture `filename`.
  // If none exists, the result is `filename`, or the file's own name with .jpg if there is none. It
  // is empty if `filename` leads out of the folder.
  std::string find(const std::filesystem::path& xml, const std::string& filename);

  // Counts a file that cannot be used, and the picture that belongs to it, if one is known.
  // `filename` may be empty.
  void add_damaged(const std::filesystem::path& xml, const std::string& filename);

  // Throws Error(data) if the folder exists, is another one than `files`, and holds none of the
  // pictures for which find() was called. The message names the option, if it is not empty.
  void require_one(const std::string& files, const std::string& images_option) const;

  // One line that counts the files with and without a picture, and the damaged ones. If `all` is
  // true, each file of the data set was added, and the line also counts pictures without a file.
  std::string note(const std::string& files, bool all) const;

 private:
  std::string count(const std::string& picture);
  std::string named_by(const std::string& filename, bool usable) const;

  std::string folder_;
  bool exists_ = false;
  ImageFolder found_;
  std::set<std::string> names_;                 // of found_.images
  std::map<std::string, std::string> by_stem_;  // "sub/a" -> "sub/a.jpg"
  std::set<std::string> used_;
  int64_t files_ = 0, damaged_ = 0, renamed_ = 0, missing_ = 0, shared_ = 0;
  std::string first_renamed_, first_missing_, first_shared_;
};

}  // namespace data
