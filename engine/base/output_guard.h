// Decides, before the first byte is written, whether a program may write its outputs.
#pragma once
#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

namespace base {

// The rules, for all outputs of all programs:
// * A file that exists is replaced only with `overwrite`, and only a regular file or a link to one.
// * An input is never replaced, whatever link or hard link names it. Neither is the file to which
//   standard output or standard error goes.
// * Two outputs never share a file.
// * Names that come from data stay below their folder.
// * `-`, with which some programs mean standard output, is no name. `./-` is.
// * Pipes, character devices and open descriptors are written in place (AtomicFile does so), and
//   several outputs may go to one of them.
class OutputGuard {
 public:
  explicit OutputGuard(bool overwrite) : overwrite_(overwrite) {}

  // Adds a file that the user names with `option`. An empty path is not an output.
  void add(const std::string& option, const std::string& path);
  // Adds a file in a folder that the user names with `option`, and returns its path. The file's
  // name comes from data; `source` says, in messages, from what it is made. Throws Error(data) if
  // the name leads out of the folder, or is longer than names of files may be.
  std::filesystem::path add(const std::string& option, const std::string& folder,
                            const std::string& name, const std::string& source);

  // Throws Error(usage) if an output may not be written because it exists, is an input, or is not a
  // file. Throws Error(data) if two sources have one output, or if a folder is missing. `inputs`
  // that do not exist are ignored. A note on stderr names temporary files of these outputs, which a
  // program that was killed has left.
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

// Throws Error(usage) if the path of a file, or of a folder of files, begins with the name `-`.
void refuse_dash(const std::string& option, const std::filesystem::path& path);

}  // namespace base
