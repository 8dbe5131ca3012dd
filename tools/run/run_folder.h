// The folder runs/<name>/<n>/, which holds all that a run writes. Only one program at a time can
// own it.
#pragma once
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "tools/config/run_config.h"

namespace run {

inline constexpr const char* kRunsFolder = "runs";
// The files of the best evaluation. Those of the last one have "last_" before their names.
inline constexpr const char* kEvaluationFiles[] = {"metrics.json", "per_class.csv",
                                                   "detections.json"};

class RunFolder {
 public:
  static constexpr const char* kSamples = "samples";  // the folder of the first training batch

  // Makes a new folder: config.output_dir, or the next free number in <root>/<config.name>. Writes
  // config.json, cmdline.txt and env.json into it. If a run without a checkpoint is there,
  // its logs and results, and copies of these files, go into logs.old, logs.old.2 and so on. Throws
  // Error(usage) as check_fresh does, or if another program uses output_dir.
  static RunFolder create(const config::RunConfig& config,
                          const std::vector<std::string>& command_line,
                          const std::string& root = kRunsFolder);
  // Throws Error(usage) unless `create` can use this folder as output_dir. It can if the folder
  // does not exist, if it is empty (except for files to which our stdout or stderr goes), if it
  // holds only what a program has left that was killed while it made the folder, or if there is a
  // run without a checkpoint.
  static void check_fresh(const std::filesystem::path& folder);
  // Whether there is a run without any checkpoint.
  static bool without_checkpoint(const std::filesystem::path& folder);
  // Opens the folder of an earlier run, to go on in it, and appends to cmdline.txt. Throws
  // Error(usage) as check_own does, or if another program uses the folder.
  static RunFolder open(const std::string& folder, const std::vector<std::string>& command_line);

  // Throws Error(usage) unless `create` has made the folder. If the user has not named it, messages
  // say which `checkpoint` lies there.
  static void check_own(const std::filesystem::path& folder, const std::string& checkpoint = "");

  // Checks, without a change, whether `create` and `open` can write into the folder and its files,
  // if it exists. Throws Error(data) if the rights or the disk do not allow it, and Error(usage) if
  // another program uses the folder.
  static void check_free(const std::filesystem::path& folder);

  // The folder of the run that `--resume auto` resumes: config.output_dir, or the highest number in
  // <root>/<config.name> for which `usable` is true. Empty if there is none.
  using Usable = std::function<bool(const std::filesystem::path& folder)>;
  static std::filesystem::path latest(const config::RunConfig& config, const Usable& usable,
                                      const std::string& root = kRunsFolder);

  std::string file(const std::string& name) const { return (path() / name).string(); }
  // Where the folder is now: it may be renamed while the program runs.
  std::filesystem::path path() const;
  // Calls write(path()), and calls it once more if it throws because the folder was renamed
  // meanwhile.
  template <class Write> void write_into(Write write) const {
    const std::filesystem::path before = path();
    try {
      write(before);
    } catch (const base::Error&) {
      if (!renamed_from(before)) throw;
      write(path());
    }
  }
  bool goes_on() const { return goes_on_; }  // whether it is that of an earlier run
  // Writes config.json, with which the run begins or goes on. If the file that it replaces is
  // neither the same nor `known`, the text that the program wrote last, somebody has edited it: it
  // then gets a name that ends in `ending`, and a line that says so is returned.
  std::string write_config(const config::RunConfig& config, const std::string& known,
                           const std::string& ending) const;

  RunFolder(RunFolder&& other) noexcept
      : path_(std::move(other.path_)), goes_on_(other.goes_on_), lock_(other.lock_) {
    other.lock_ = -1;
  }
  ~RunFolder();

 private:
  explicit RunFolder(std::filesystem::path path);
  bool set_logs_aside() const;
  bool renamed_from(const std::filesystem::path& before) const;
  std::filesystem::path path_;
  bool goes_on_ = false;
  int lock_ = -1;  // descriptor with a flock, which the system releases when the program ends
};

// The content of env.json: host, CPU, memory, threads, versions, and the environment variables that
// change what a run does.
std::string environment_json();

// Joins the words of a command line, quoted so that a shell would read the same words.
std::string shell_words(const std::vector<std::string>& words);

}  // namespace run
