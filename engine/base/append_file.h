// A log file that is never torn: whole records or nothing, and a full disk does not end the run.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace base {

class AppendFile {
 public:
  // Opens for appending, creates when absent; pipes and devices are written in place. Nothing is
  // forced to the disk: after a loss of power the end may be missing. Error(data) when it fails.
  explicit AppendFile(std::string path);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  // Writes all of it or, when the disk refuses, none of it: what arrived in part is cut off again,
  // the first failure is told on stderr, the caller goes on. Returns whether it was written.
  bool append(std::string_view record);

  // Takes everything after the first `size` bytes away again, to replace it.
  void cut(uint64_t size);

  uint64_t size() const { return size_; }
  uint64_t lost() const { return lost_; }  // records that could not be written
  const std::string& path() const { return path_; }

 private:
  void lose(int error_number);

  std::string path_;
  int file_ = -1;
  uint64_t size_ = 0, lost_ = 0;
};

// Cuts a text file before its first line that `keep` refuses or that has no line break. Nothing
// happens when there is no regular file. Used on resume: rows of steps that will be run again have
// to go.
void keep_lines(const std::string& path, const std::function<bool(std::string_view line)>& keep);

// The log starts from nothing: a regular file or link of that name is removed. Anything else stays,
// and is appended to.
void start_log(const std::string& path);

}  // namespace base
