// Decides before the first byte whether a program may write what it is asked to write.
#pragma once
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

namespace base {

// The rules, for all outputs of all programs:
// * A file that exists is replaced only with `overwrite`, and only a regular file or a link to one.
// * An input is never replaced, whatever its name: links and hard links to it count as the input.
//   Nor is the file that standard output or standard error goes to.
// * Two outputs never share a file.
// * Names that come from data stay below their folder.
// * Pipes, character devices and open descriptors are written in place (AtomicFile does so), and
//   several outputs may go to one of them.
class OutputGuard {
 public:
  explicit OutputGuard(bool overwrite) : overwrite_(overwrite) {}

  // A file that the user names with `option`; an empty path is no output.
  void add(const std::string& option, const std::string& path);
  // A file in a folder that the user names. Its name, and `source`, what it is made from, come from
  // data. Returns its path. Error(data): the name leaves the folder.
  std::filesystem::path add(const std::string& option, const std::string& folder,
                            const std::string& name, const std::string& source);

  // Error(usage) when an output may not be written: it exists, is an input, or is no file. Error
  // (data): two sources have one output, or a folder is missing. `inputs` that do not exist are
  // passed over.
  void check(const std::vector<std::string>& inputs) const;

 private:
  struct Output {
    std::string option, path, source;
  };
  void check_pairs() const;
  void refuse_pair(const Output& a, const Output& b) const;

  bool overwrite_;
  std::vector<Output> outputs_;
};

}  // namespace base
