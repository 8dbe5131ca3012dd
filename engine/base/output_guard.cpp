#include "engine/base/output_guard.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <map>
#include <unordered_map>

#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/file_kind.h"
#include "engine/base/text.h"
#include "engine/base/unfinished_files.h"

namespace base {

namespace fs = std::filesystem;

namespace {

// What must not be replaced, and its name.
using Protected = std::map<FileIdentity, std::string>;

constexpr const char* kStandardOutput = "/dev/stdout";
constexpr const char* kStandardError = "/dev/stderr";

void add_identity(Protected& files, const FileState& state, const std::string& name) {
  if (state.kind == FileKind::regular) files.emplace(state.identity, name);
}

Protected protected_files(const std::vector<std::string>& inputs) {
  Protected files;
  for (const std::string& path : inputs) add_identity(files, look_at(path), path);
  for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat status;
    if (::fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode))
      files.emplace(FileIdentity{status.st_dev, status.st_ino},
                    descriptor == STDOUT_FILENO ? kStandardOutput : kStandardError);
  }
  return files;
}

[[noreturn]] void refuse_protected(const std::string& what, const std::string& path,
                                   const std::string& name) {
  if (name == kStandardOutput || name == kStandardError)
    fail(ExitCode::usage, what, " is where standard ", name == kStandardOutput ? "output" : "error",
         " goes; choose another name");
  fail(ExitCode::usage, what, name == path ? " is an input" : " is the input " + printable(name),
       ", which is never replaced; choose another name");
}

// One spelling for all ways to write a path whose folder may not exist yet. The last part is not
// followed: a link and its file are two names, which `Protected` tells apart.
class Spelling {
 public:
  std::string of(const fs::path& path) {
    std::error_code error;
    const fs::path absolute = fs::absolute(path, error).lexically_normal();
    const auto [known, fresh] = folders_.try_emplace(absolute.parent_path().string());
    if (fresh) known->second = fs::weakly_canonical(absolute.parent_path(), error);
    if (error) known->second = absolute.parent_path();
    return (known->second / absolute.filename()).string();
  }

 private:
  std::unordered_map<std::string, fs::path> folders_;
};

void require_writable(const std::string& what, const fs::path& folder) {
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
    fail(ExitCode::data, what, ": cannot write into ", printable(folder.string()), ": ",
         std::strerror(errno), "; choose another place");
}

// The nearest folder above a path that exists has to be a folder, where files can be made.
void check_folder_above(const std::string& what, const fs::path& path) {
  std::error_code error;
  fs::path above = fs::absolute(path, error).parent_path();
  FileState state = look_at(above);
  while (state.kind == FileKind::absent && above.has_relative_path())
    state = look_at(above = above.parent_path());
  if (state.kind != FileKind::folder)
    fail(ExitCode::usage, what, ": ", printable(above.string()), " is ", state.words,
         ", and a folder is needed; choose another name");
  require_writable(what, above);
}

// Names of records may be longer than any file's.
void check_length(const std::string& option, const fs::path& path, const std::string& source) {
  for (const fs::path& part : path)
    if (const size_t bytes = part.string().size(); bytes > NAME_MAX)
      fail(source.empty() ? ExitCode::usage : ExitCode::data, option, ": ",
           printable(part.string(), 60), ": the name has ", bytes, " bytes, and that of a file ",
           NAME_MAX, " at most; ",
           source.empty() ? "choose a shorter one"
                          : "rename \"" + printable(source, 60) + "\" in the data");
}

}  // namespace

void OutputGuard::add(const std::string& option, const std::string& path) {
  if (path.empty()) return;
  refuse_misread_name(option, path);
  check_length(option, path, "");
  outputs_.push_back({option, path, "", "", ""});
}

void OutputGuard::check_folder(const std::string& option, const std::string& folder) {
  if (folders_.contains(folder)) return;
  refuse_misread_name(option, folder);
  check_output_folder(option, folder);
  folders_.insert(folder);
}

void OutputGuard::add_in(const std::string& option, const std::string& folder,
                         const std::string& path) {
  if (path.empty()) return;
  check_folder(option, folder);
  add(option, path);
  outputs_.back().folder = folder;
}

void OutputGuard::add_of_set(const std::string& option, const std::string& set,
                             const std::string& path) {
  add(option, path);
  outputs_.back().set = set;
}

fs::path OutputGuard::add(const std::string& option, const std::string& folder,
                          const std::string& name, const std::string& source) {
  check_folder(option, folder);
  check_length(option, name, source);
  const fs::path path = safe_output(folder, name);
  outputs_.push_back({option, path.string(), source, folder, ""});
  return path;
}

void OutputGuard::refuse_pair(const Output& a, const Output& b) const {
  const std::string path = printable(b.path);
  if (a.source.empty() && b.source.empty())
    fail(ExitCode::usage, a.option, " and ", b.option, " both name ", path,
         "; give each a file of its own");
  if (a.source.empty() != b.source.empty())
    fail(ExitCode::usage, a.option, " and ", b.option, " would both write ", path,
         "; choose another name");
  fail(ExitCode::data, b.option, ": \"", printable(a.source), "\" and \"", printable(b.source),
       "\" would both be written to ", path,
       "; rename one of them, or take them apart into two data sets");
}

void OutputGuard::check_pairs() const {
  Spelling spelling;
  std::unordered_map<std::string, const Output*> files;
  std::map<fs::path, const Output*> folders;  // with the first output in each
  for (const Output& output : outputs_) {
    if (look_at(output.path).kind == FileKind::stream) continue;
    const fs::path path = spelling.of(output.path);
    const auto [other, fresh] = files.emplace(path.string(), &output);
    if (!fresh) refuse_pair(*other->second, output);
    folders.emplace(path.parent_path(), &output);
  }
  // A file of one output cannot be a folder of another one.
  for (const auto& [folder, output] : folders)
    for (fs::path above = folder; above.has_relative_path(); above = above.parent_path())
      if (const auto file = files.find(above.string()); file != files.end())
        refuse_pair(*file->second, *output);
}

void OutputGuard::check(const std::vector<std::string>& inputs) const {
  check_pairs();
  check_files(inputs);
  tell_unfinished_files();
}

OutputLocks OutputGuard::take(const std::vector<std::string>& inputs) const {
  check_pairs();
  check_files(inputs);
  OutputLocks locks;
  std::set<std::pair<std::string, std::string>> taken;
  for (const Output& output : outputs_) {
    if (!output.folder.empty()) {
      if (taken.emplace(output.folder, "").second)
        locks.take_folder(output.option, output.folder, lock_of_folders_);
      continue;
    }
    const std::string& name = output.set.empty() ? output.path : output.set;
    if (look_at(output.path).kind != FileKind::stream && taken.emplace("", name).second)
      locks.take_name(output.option, name);
  }
  check_files(inputs);  // again, because another program may have ended just before
  tell_unfinished_files();
  return locks;
}

void OutputGuard::check_files(const std::vector<std::string>& inputs) const {
  Protected never;
  bool looked = false;
  std::set<fs::path> folders;
  for (const Output& output : outputs_) {
    const FileState there = look_at(output.path);
    const std::string what = output.option + ": " + printable(output.path);
    if (there.kind == FileKind::stream) continue;
    const bool to_replace = there.kind == FileKind::regular && overwrite_;
    if (there.kind == FileKind::absent || to_replace)
      if (folders.insert(fs::path(output.path).parent_path()).second)
        check_folder_above(what, output.path);
    if (there.kind == FileKind::absent) continue;
    if (there.kind != FileKind::regular)
      fail(ExitCode::usage, what, " is ", there.words, "; give the name of a file");
    if (!looked) never = protected_files(inputs);
    looked = true;
    if (const auto input = never.find(there.identity); input != never.end())
      refuse_protected(what, output.path, input->second);
    if (!overwrite_)
      fail(ExitCode::usage, what,
           " exists; choose another name, or give --overwrite to replace it");
  }
}

void OutputGuard::tell_unfinished_files() const {
  std::vector<fs::path> paths;
  for (const Output& output : outputs_) paths.emplace_back(output.path);
  tell_unfinished(paths);
}

void check_output_folder(const std::string& option, const fs::path& folder) {
  const FileState there = look_at(folder);
  const std::string what = option + ": " + printable(folder.string());
  if (there.kind == FileKind::absent) return check_folder_above(what, folder);
  if (there.kind != FileKind::folder)
    fail(ExitCode::usage, what, " is ", there.words,
         ", and a folder is needed; choose another name");
  require_writable(what, folder);
}

void refuse_misread_name(const std::string& option, const fs::path& path) {
  if (path.empty()) return;
  const std::string name = printable(path.string());
  if (*path.begin() == "-")
    fail(ExitCode::usage, option, ": ", name,
         " is no name for a file: write /dev/stdout for standard output, or ./", name,
         " for a file of this name");
  if (*path.begin() == "~")
    fail(ExitCode::usage, option, ": ", name,
         " would make a folder named ~: only a shell replaces it by your home folder, and only at "
         "the beginning of a word; write the path in full, or ./",
         name, " for a folder of this name");
}

}  // namespace base
