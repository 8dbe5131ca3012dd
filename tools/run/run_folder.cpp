#include "tools/run/run_folder.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/base/error.h"
#include "tools/logs/append_file.h"

namespace run {
namespace fs = std::filesystem;
using base::ExitCode, base::fail;

namespace {

constexpr mode_t kFolderMode = 0755;
constexpr int kLockMode = 0644;

// -1 for names that are not the number of a run.
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
    fail(ExitCode::data, "cannot create the folder ", path.string(), ": ", error.message());
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
      fail(ExitCode::data, "cannot create ", path.string(), ": ", std::strerror(errno));
  }
}

}  // namespace

RunFolder::RunFolder(fs::path path) : path_(std::move(path)) {
  std::string name = file(".lock");
  lock_ = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, kLockMode);
  if (lock_ < 0) fail(ExitCode::data, "cannot write ", name, ": ", std::strerror(errno));
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0) {
    bool taken = errno == EWOULDBLOCK;
    std::string reason = std::strerror(errno);
    ::close(lock_);
    if (!taken) fail(ExitCode::data, "cannot lock ", name, ": ", reason);
    fail(ExitCode::usage, path_.string(),
         " is in use by another program: wait for it, or give another output_dir");
  }
}

RunFolder::~RunFolder() {
  if (lock_ >= 0) ::close(lock_);
}

namespace {

void refuse_used(const fs::path& folder) {
  std::error_code none;
  if (fs::exists(folder / "config.json", none))
    fail(ExitCode::usage, folder.string(),
         " holds a run already: resume it, or give another output_dir");
}

}  // namespace

void RunFolder::check_free(const config::RunConfig& config) {
  if (config.output_dir.empty()) return;
  std::error_code none;
  const fs::path path = config.output_dir;
  if (fs::exists(path, none) && !fs::is_directory(path, none))
    fail(ExitCode::usage, path.string(), " is no folder: give another output_dir");
  refuse_used(path);
}

RunFolder RunFolder::create(const config::RunConfig& config,
                            const std::vector<std::string>& command_line, const std::string& root) {
  bool numbered = config.output_dir.empty();
  if (!numbered) make_folders(config.output_dir);
  RunFolder folder(numbered ? next_number(fs::path(root) / config.name)
                            : fs::path(config.output_dir));
  refuse_used(folder.path_);
  logs::write_file(folder.file("env.json"), environment_json());
  logs::write_file(folder.file("cmdline.txt"), shell_words(command_line) + "\n");
  logs::write_file(folder.file("config.json"), config::run_config_json(config));
  return folder;
}

RunFolder RunFolder::open(const std::string& path, const std::vector<std::string>& command_line) {
  if (!fs::is_directory(path)) fail(ExitCode::usage, path, ": no such folder of a run");
  RunFolder folder(path);
  logs::AppendFile(folder.file("cmdline.txt")).append(shell_words(command_line) + "\n");
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
