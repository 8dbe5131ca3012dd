// Decides, before the first byte is written, whether a program may write its outputs.
#pragma once
#include <filesystem>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/output_locks.h"

namespace base {

// The rules, for all outputs of all programs:
// * A file that exists is replaced only with `overwrite`, and only a regular file or a link to one.
// * An input is never replaced, whatever link or hard link names it. Neither is the file to which
//   standard output or standard error goes.
// * Two outputs never share a file.
// * Names that come from data stay below their folder.
// * `-` is no name, because some programs mean standard output by it. `./-` is one.
// * Pipes, character devices and open descriptors are written in place (AtomicFile does so), and
//   several outputs may go to one of them.
// * Two programs never write one output at the same time, nor into one folder of outputs, unless
//   both share the folder (LockKind::shared).
class OutputGuard {
 public:
  // `folders` says whether other programs may write into the same folders at the same time, as
  // several may do that detect objects in different images.
  explicit OutputGuard(bool overwrite, LockKind folders = LockKind::alone)
      : overwrite_(overwrite), lock_of_folders_(folders) {}

  // Adds a file that the user names with `option`. An empty path is not an output.
  void add(const std::string& option, const std::string& path);
  // Adds a file in a folder that the user names with `option`, and returns its path. The file's
  // name comes from data; `source` says, in messages, from what it is made. Throws Error(data) if
  // the name leads out of the folder, or is longer than names of files may be.
  std::filesystem::path add(const std::string& option, const std::string& folder,
                            const std::string& name, const std::string& source);
  // Adds a file in a folder of outputs, whose name is known to be good.
  void add_in(const std::string& option, const std::string& folder, const std::string& path);
  // Adds a file of a set, which is locked as a whole by the beginning of its files' names.
  void add_of_set(const std::string& option, const std::string& set, const std::string& path);

  // Throws Error(usage) if an output may not be written because it exists, is an input, or is not a
  // file. Throws Error(data) if two sources have one output, or if a folder is missing. `inputs`
  // that do not exist are ignored. If a killed program has left temporary files of these outputs, a
  // note on stderr names them.
  void check(const std::vector<std::string>& inputs) const;
  // Checks, and locks the outputs until the returned object is destroyed, which has to be after the
  // last of them is written. Creates the folders. Throws also as OutputLocks does.
  [[nodiscard]] OutputLocks take(const std::vector<std::string>& inputs) const;

 private:
  struct Output {
    std::string option, path, source;
    std::string folder, set;  // what is locked instead of the path, if one of them is given
  };
  void check_folder(const std::string& option, const std::string& folder);
  void check_files(const std::vector<std::string>& inputs) const;
  void tell_unfinished_files() const;
  void check_pairs() const;
  void refuse_pair(const Output& a, const Output& b) const;

  bool overwrite_;
  LockKind lock_of_folders_;
  std::vector<Output> outputs_;
  std::set<std::string> folders_;  // that were found good
};

// Throws Error(usage) if this is, or lies below, something else than a folder, such as a device or
// an open descriptor, and Error(data) if this program may not write into it. A folder that does not
// exist is no error if it can be made.
void check_output_folder(const std::string& option, const std::filesystem::path& folder);

// Throws Error(usage) if the path of an output begins with a name that was meant otherwise: `-`, or
// `~` where no shell has replaced it.
void refuse_misread_name(const std::string& option, const std::filesystem::path& path);

}  // namespace base
