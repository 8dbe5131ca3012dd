#include "tests/support/paths.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

#include "tests/support/files.h"

namespace tests {
namespace fs = std::filesystem;

fs::path source_dir() { return SSD_SOURCE_DIR; }

fs::path program(const std::string& name) {
  fs::path tests_folder = fs::read_symlink("/proc/self/exe").parent_path();
  return tests_folder.parent_path() / "bin" / name;
}

std::vector<std::string> all_programs() {
  std::vector<std::string> names{"ssdtrain", "ssdeval", "ssddetect", "ssddata", "ssdexport"};
#ifdef SSD_BENCHMARKS
  names.push_back("ssdbench");
#endif
  return names;
}

fs::path shared_data() {
  fs::path folder = source_dir().parent_path() / "shared" / "data";
  return fs::exists(folder) ? folder : fs::path();
}

Outcome run(const std::string& shell_command) {
  TemporaryFolder folder;
  auto quoted = [](const fs::path& p) { return "'" + p.string() + "'"; };
  fs::path out = folder.path() / "out", err = folder.path() / "err";
  int status =
      std::system(("(" + shell_command + ") >" + quoted(out) + " 2>" + quoted(err)).c_str());
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), text_of(out),
          text_of(err)};
}

}  // namespace tests
