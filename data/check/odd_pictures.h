// Counts picture files of which something is lost when they are read.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "data/image/file_traits.h"

namespace data {

class OddPictures {
 public:
  void add(const std::string& where, const FileTraits&);

  // A line for each kind that was found: files with several pictures, of which the first is read,
  // and nearly black ones, with what to do. `owner`, if given, names the data set in them.
  std::vector<std::string> in_words(const std::string& owner = "") const;

 private:
  int64_t several_ = 0, most_ = 0, looked_ = 0, dark_ = 0;
  int brightest_ = 0;  // the largest value of the dark ones
  std::string first_several_, first_dark_;
};

}  // namespace data
