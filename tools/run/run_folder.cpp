#include "tools/run/run_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "engine/base/append_file.h"
#include "engine/base/atomic_file.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/file_kind.h"
#include "engine/base/output_guard.h"
#include "engine/base/set_aside.h"
#include "engine/base/start_folder.h"
#include "engine/base/tell.h"
#include "engine/base/text.h"
#include "engine/base/unfinished_files.h"
#include "engine/base/write_file.h"
#include "tools/logs/training_log.h"
#include "tools/run/checkpoint_files.h"

namespace run {
namespace fs = std::filesystem;
using base::ExitCode, base::fail;

namespace {

constexpr mode_t kFolderMode = 0755;
constexpr int kLockMode = 0644;

// The number that the name of a run's folder is, or -1 if the name is something else.
int number_of(const std::string& name) {
  constexpr size_t kMostDigits = 9;
  bool digits = !name.empty() && name.size() <= kMostDigits &&
                name.find_first_not_of("0123456789") == std::string::npos;
  return digits ? std::stoi(name) : -1;
}

void make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error)
    fail(ExitCode::data, "cannot create the folder ", path.string(), ": ", error.message(),
         "; give another --output-dir");
}

// mkdir succeeds for one program only, so two that start together get two numbers.
fs::path next_number(const fs::path& parent) {
  make_folders(parent);
  int highest = 0;
  for (const auto& entry : fs::directory_iterator(parent))
    highest = std::max(highest, number_of(entry.path().filename().string()));
  for (int n = highest + 1;; ++n) {
    fs::path path = parent / std::to_string(n);
    if (::mkdir(path.c_str(), kFolderMode) == 0) return path;
    if (errno != EEXIST)
      fail(ExitCode::data, "cannot create ", path.string(), ": ", std::strerror(errno),
           "; give another --output-dir");
  }
}

constexpr const char* kLock = ".lock";
// The files that `create` writes first, in this order.
constexpr const char* kConfig = "config.json";
constexpr const char* kCommands = "cmdline.txt";
constexpr const char* kOwnFiles[] = {"env.json", kCommands, kConfig};
bool is_run(const fs::path& folder) {
  return std::all_of(std::begin(kOwnFiles), std::end(kOwnFiles), [&](const char* name) {
    return base::look_at(folder / name).kind == base::FileKind::regular;
  });
}

// What a run writes beside its own files and checkpoints.
bool is_log(std::string name) {
  constexpr std::string_view kLast = "last_";
  if (name.starts_with("events.")) return true;
  if (name.starts_with(kLast)) name.erase(0, kLast.size());
  return name == "report.html" || name == RunFolder::kSamples ||
         std::ranges::count(logs::kLogFiles, name) + std::ranges::count(kEvaluationFiles, name) > 0;
}

// Whether `create`, killed before it has made a run, may have left a file of this name.
bool is_of_a_beginning(const std::string& name) {
  const auto [of, process] = base::unfinished_file(name);
  const bool whole = process == 0;
  return (whole && (name == kOwnFiles[0] || name == kOwnFiles[1])) ||
         (!whole &&
          std::find(std::begin(kOwnFiles), std::end(kOwnFiles), of) != std::end(kOwnFiles));
}

// Empty if the file cannot be read.
std::string text_of(const std::string& path) {
  std::ostringstream text;
  if (std::ifstream file(path); file) text << file.rdbuf();
  return text.str();
}

// Whether this program's stdout or stderr goes to that file.
bool takes_our_output(const fs::path& path) {
  const base::FileState there = base::look_at(path);
  for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat status;
    if (::fstat(descriptor, &status) == 0 &&
        there.identity == base::FileIdentity{status.st_dev, status.st_ino})
      return true;
  }
  return false;
}

[[noreturn]] void fail_to_write(const fs::path& path) {
  const char* const reason = std::strerror(errno);
  fail(ExitCode::data, "cannot write ", base::printable(path.string()), ": ", reason,
       "; change its rights, or give another --output-dir");
}

// Takes the lock of a folder on an open descriptor, which is closed if that fails. `kind`: LOCK_EX,
// or LOCK_SH to see whether a run has it. A program that only looks has the lock for an instant,
// for which a run waits.
void lock(int descriptor, int kind, const fs::path& folder) {
  constexpr useconds_t kInstant = 100'000;
  if (::flock(descriptor, kind | LOCK_NB) == 0) return;
  ::usleep(kInstant);
  if (::flock(descriptor, kind | LOCK_NB) == 0) return;
  const int reason = errno;
  ::close(descriptor);
  if (reason != EWOULDBLOCK)
    fail(ExitCode::data, "cannot lock ", (folder / kLock).string(), ": ", std::strerror(reason));
  fail(ExitCode::usage, folder.string(),
       " is in use by another program: wait for it, or give another --output-dir");
}

}  // namespace

bool RunFolder::without_checkpoint(const fs::path& folder) {
  return is_run(folder) && !has_checkpoint(folder);
}

void RunFolder::check_fresh(const fs::path& folder) {
  base::refuse_misread_name("--output-dir", folder);
  const base::FileState there = base::look_at(folder);
  const std::string name = base::printable(folder.string());
  if (there.kind == base::FileKind::absent) return;
  if (there.kind != base::FileKind::folder)
    fail(ExitCode::usage, name, " is ", there.words, "; give the name of a new folder");
  if (without_checkpoint(folder)) return;
  if (is_run(folder))
    fail(ExitCode::usage, name, " holds a run already: resume it, or give another --output-dir");
  const bool begun = base::look_at(folder / kLock).kind == base::FileKind::regular;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().filename() != kLock && !takes_our_output(entry.path()) &&
        !(begun && is_of_a_beginning(entry.path().filename().string())))
      fail(ExitCode::usage, name, " holds files that are not of a run, as ",
           base::printable(entry.path().filename().string()),
           ": give a new or empty folder with --output-dir");
}

void RunFolder::check_own(const fs::path& folder, const std::string& checkpoint) {
  const std::string name = base::printable(folder.string());
  if (!fs::is_directory(folder))
    fail(ExitCode::usage, name, ": no such folder of a run", base::start_folder_in_words(folder));
  if (!is_run(folder))
    fail(ExitCode::usage, checkpoint.empty() ? name : base::printable(checkpoint) + ": its folder",
         " is not the folder of a run, as it lacks env.json, cmdline.txt or config.json: give a "
         "new folder with --output-dir");
}

void RunFolder::check_free(const fs::path& folder) {
  if (base::look_at(folder).kind != base::FileKind::folder) return;
  if (::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0) fail_to_write(folder);
  const auto check_file = [&](const fs::path& file) {  // to which the run appends
    if (base::look_at(file).kind != base::FileKind::absent &&
        ::faccessat(AT_FDCWD, file.c_str(), W_OK, AT_EACCESS) != 0)
      fail_to_write(file);
  };
  check_file(folder / kCommands);
  for (const char* name : logs::kLogFiles) check_file(folder / name);
  const int looking = ::open((folder / kLock).c_str(), O_RDWR | O_CLOEXEC);
  if (looking < 0 && errno != ENOENT) fail_to_write(folder / kLock);
  if (looking < 0) return;
  lock(looking, LOCK_SH, folder);
  ::close(looking);
}

RunFolder::RunFolder(fs::path path) : path_(std::move(path)) {
  std::string name = file(kLock);
  lock_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kLockMode);
  if (lock_ < 0) fail_to_write(name);
  lock(lock_, LOCK_EX, path_);
  const int removed = base::remove_unfinished(path_) + base::remove_unfinished(path_ / kSamples);
  if (removed > 0)
    base::tell(base::concatenate("note: removed ", base::counted(removed, "unfinished file"),
                                 " of programs that were killed, in ", path_.string()));
}

RunFolder::~RunFolder() {
  if (lock_ >= 0) ::close(lock_);
}

fs::path RunFolder::path() const {
  const auto holds_lock = [this](const fs::path& folder) {
    struct stat own, there;
    return ::fstat(lock_, &own) == 0 && ::stat((folder / kLock).c_str(), &there) == 0 &&
           own.st_dev == there.st_dev && own.st_ino == there.st_ino;
  };
  if (lock_ < 0 || holds_lock(path_)) return path_;
  std::error_code unknown;
  const fs::path now =
      fs::read_symlink("/proc/self/fd/" + std::to_string(lock_), unknown).parent_path();
  return holds_lock(now) ? now : path_;
}

// The files that this program was writing there are no longer found by their paths.
bool RunFolder::renamed_from(const fs::path& before) const {
  const fs::path now = path();
  if (now == before) return false;
  base::remove_unfinished(now);
  return true;
}

std::string RunFolder::write_config(const config::RunConfig& config, const std::string& known,
                                    const std::string& ending) const {
  const std::string text = config::run_config_json(config), name = file(kConfig);
  const std::string before = text_of(name);
  const bool edited = !before.empty() && before != text && before != known;
  const std::string kept = edited ? base::free_name(name, ending) : "";
  if (!kept.empty()) base::put_second_name(name, kept);
  base::write_file(name, text);
  if (kept.empty()) return {};
  return base::concatenate(
      "note: config.json had been edited; it now has all values with which this run goes on, and "
      "the "
      "file as it was is ",
      fs::path(kept).filename().string());
}

RunFolder RunFolder::create(const config::RunConfig& config,
                            const std::vector<std::string>& command_line, const std::string& root) {
  bool numbered = config.output_dir.empty();
  if (!numbered) {
    if (!is_run(config.output_dir))
      check_fresh(config.output_dir);  // if it is a run, the lock gives a better message
    base::check_output_folder("--output-dir", config.output_dir);
    make_folders(config.output_dir);
  }
  RunFolder folder(numbered ? next_number(fs::path(root) / config.name)
                            : fs::path(config.output_dir));
  check_fresh(folder.path_);  // again, under the lock
  const bool kept = is_run(folder.path_) && folder.set_logs_aside();
  const std::string known = kept ? text_of(folder.file(kConfig)) : "";
  base::write_file(folder.file("env.json"), environment_json());
  base::write_file(folder.file(kCommands), shell_words(command_line) + "\n");
  const std::string edited = folder.write_config(config, known, "old");
  if (!edited.empty()) base::tell(edited);
  return folder;
}

// If the program is killed meanwhile, the folder is still that of a run without a checkpoint:
// its own files keep their names.
bool RunFolder::set_logs_aside() const {
  std::vector<fs::path> logs;
  for (const auto& entry : fs::directory_iterator(path_))
    if (is_log(entry.path().filename().string()) && !takes_our_output(entry.path()))
      logs.push_back(entry.path());
  if (logs.empty()) return false;
  const fs::path aside = base::free_name(file("logs"), "old");
  make_folders(aside);
  for (const char* name : kOwnFiles) base::put_second_name(file(name), (aside / name).string());
  for (const fs::path& log : logs) {
    std::error_code error;
    fs::rename(log, aside / log.filename(), error);
    if (error)
      fail(ExitCode::data, "cannot move ", log.string(), " to ", aside.string(), ": ",
           error.message());
  }
  base::tell(base::concatenate("note: the earlier run in ", path_.string(),
                               " has no checkpoint; its logs are kept in ", aside.string()));
  return true;
}

RunFolder RunFolder::open(const std::string& path, const std::vector<std::string>& command_line) {
  check_own(path);
  RunFolder folder(path);
  folder.goes_on_ = true;
  base::AppendFile(folder.file(kCommands)).append(shell_words(command_line) + "\n");
  return folder;
}

fs::path RunFolder::latest(const config::RunConfig& config, const Usable& usable,
                           const std::string& root) {
  if (!config.output_dir.empty())
    return usable(config.output_dir) ? fs::path(config.output_dir) : fs::path();
  fs::path best;
  int highest = 0;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(fs::path(root) / config.name, none)) {
    int number = number_of(entry.path().filename().string());
    if (number <= highest || !usable(entry.path())) continue;
    highest = number;
    best = entry.path();
  }
  return best;
}

std::string shell_words(const std::vector<std::string>& words) {
  constexpr char kPlain[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./:,@%";
  std::string line;
  for (const std::string& word : words) {
    if (!line.empty()) line += ' ';
    if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) {
      line += word;
      continue;
    }
    line += '\'';
    for (char c : word) line += c == '\'' ? std::string("'\\''") : std::string(1, c);
    line += '\'';
  }
  return line;
}

}  // namespace run
