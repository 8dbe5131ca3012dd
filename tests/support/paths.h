// Where tests find sources, programs, shared data, and room for files of their own.
#pragma once
#include <filesystem>
#include <string>

namespace tests {

std::filesystem::path source_dir();                      // the project's root
std::filesystem::path program(const std::string& name);  // a program of this build, as "ssdtrain"
std::filesystem::path shared_data();  // real data beside the project; empty when absent

// A fresh folder, removed with everything in it at the end of the scope.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// What a program run by a shell left behind.
struct Outcome {
  int exit_code = 0;  // 128 + n when signal n ended it
  std::string out, err;
};
Outcome run(const std::string& shell_command);

}  // namespace tests
