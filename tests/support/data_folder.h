// A folder of images, labels and whatever else a data set is made of.
#pragma once
#include <string>

#include "tests/support/paths.h"

namespace tests {

class DataFolder {
 public:
  std::string at(const std::string& name) const { return (folder_.path() / name).string(); }
  // Write a file, and make the folders above it.
  void text(const std::string& name, const std::string& content) const;
  void image(const std::string& name) const;  // a JPEG picture of 40 x 20

 private:
  TemporaryFolder folder_;
};

}  // namespace tests
