// runs/<name>/<n>/: everything that one run leaves behind. One program at a time may own it.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tools/config/run_config.h"

namespace run {

class RunFolder {
 public:
  // A fresh folder: config.output_dir, or the next free number in <root>/<config.name>. Writes
  // config.json, cmdline.txt and env.json. Error(usage) as check_fresh, or when output_dir is in
  // use.
  static RunFolder create(const config::RunConfig& config,
                          const std::vector<std::string>& command_line,
                          const std::string& root = "runs");
  // Whether `create` may use this folder as output_dir: it is absent, or empty but for the files
  // that standard output and standard error go to. Error(usage) when it holds a run or anything
  // else, or is no folder.
  static void check_fresh(const std::filesystem::path& folder);
  // The folder of an earlier run, to go on with it; appends to cmdline.txt. Error(usage) as
  // check_own, or when another program works in it.
  static RunFolder open(const std::string& folder, const std::vector<std::string>& command_line);

  // Error(usage) unless the folder is one that `create` made.
  static void check_own(const std::filesystem::path& folder);

  // The folder that `--resume auto` goes on with: config.output_dir, or the highest number in
  // <root>/<config.name>, among those that are `usable`. Empty when there is none.
  using Usable = std::function<bool(const std::filesystem::path& folder)>;
  static std::filesystem::path latest(const config::RunConfig& config, const Usable& usable,
                                      const std::string& root = "runs");

  std::string file(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

  RunFolder(RunFolder&& other) noexcept : path_(std::move(other.path_)), lock_(other.lock_) {
    other.lock_ = -1;
  }
  ~RunFolder();

 private:
  explicit RunFolder(std::filesystem::path path);
  std::filesystem::path path_;
  int lock_ = -1;  // a flock: the system lets go of it when the program dies
};

// Host, CPU, memory, threads, versions, the environment variables that change what a run does: for
// env.json.
std::string environment_json();

// The words as a shell would need them to be typed.
std::string shell_words(const std::vector<std::string>& words);

}  // namespace run
