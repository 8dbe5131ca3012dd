// A folder for files that are needed for a moment.
#pragma once
#include <filesystem>
#include <string>

#include "engine/base/temporary_name.h"

namespace base {

// A fresh folder in the system's folder for temporary files. At the end of the scope it is removed
// with everything in it, also if a signal asks the program to end. The constructor throws
// Error(data) if the folder cannot be made.
class TemporaryFolder {
 public:
  explicit TemporaryFolder(const std::string& prefix);  // its name begins with it
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  TemporaryName name_;
  std::filesystem::path path_;
};

}  // namespace base
