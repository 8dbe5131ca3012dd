// Reads a configuration's file and its chain of bases, one after the other.
#pragma once
#include <string>
#include <vector>

#include "tools/config/text.h"

namespace config {

class ConfigReader {
 public:
  static constexpr char kBase[] = "_base_";  // the key that names the base of a file

  // Reads a file. `named_at`, where the file is named, begins the messages about it.
  ConfigText read(const std::string& path, const std::string& named_at);
  // Merges a text over its base, if it has one. `name` stands for its file.
  ConfigText merge(const std::string& text, const std::string& name);

 private:
  std::vector<std::string> open_;
};

}  // namespace config
