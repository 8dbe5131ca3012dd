// Where tests find sources, programs, shared data, and room for files of their own.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "engine/base/temporary_folder.h"

namespace tests {

std::filesystem::path source_dir();                      // the project's root
std::filesystem::path program(const std::string& name);  // a program of this build, as "ssdtrain"
std::vector<std::string> all_programs();                 // ssdbench only if benchmarks are built
std::filesystem::path shared_data();  // real data beside the project; empty when absent

// A fresh folder, removed with everything in it at the end of the scope.
struct TemporaryFolder : base::TemporaryFolder {
  TemporaryFolder() : base::TemporaryFolder("ssd320") {}
};

// What a program run by a shell left behind.
struct Outcome {
  int exit_code = 0;  // 128 + n when signal n ended it
  std::string out, err;
};
Outcome run(const std::string& shell_command);

}  // namespace tests
