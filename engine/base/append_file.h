// A log file to which whole records are appended. It never holds a part of a record, and a full
// disk does not end the run.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace base {

class AppendFile {
 public:
  // Opens the file, and creates it if it does not exist. Pipes and devices are written in place.
  // Nothing is forced to the disk, so the end may be missing after a loss of power. Throws
  // Error(data) if the file cannot be opened.
  explicit AppendFile(std::string path);
  ~AppendFile();
  AppendFile(const AppendFile&) = delete;
  AppendFile& operator=(const AppendFile&) = delete;

  // Writes the whole record. If that fails, removes the part that was written, and prints a message
  // to stderr if it is the first failure. Returns whether the record was written.
  bool append(std::string_view record);

  // Removes everything after the first `size` bytes, so that it can be written anew.
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

// What a run that goes on does with a line of its log.
enum class LogLine {
  keep,
  later,    // of a step that will be run again
  damaged,  // not as the run writes it
};

// Cuts a text file before the first line that is later or that has no line break, and removes the
// damaged lines before it. If there are such lines, the file as it was is kept under another name
// (set_aside). Returns what was damaged, such as "results.csv: 2 of 30 lines are damaged and were
// left out; the file as it was is results.csv.damaged", or nothing. Does nothing if there is no
// regular file that can be read.
std::string keep_lines(const std::string& path,
                       const std::function<LogLine(std::string_view line)>& kind);

// Removes a regular file or a link of that name, so that a log starts anew. Anything else stays,
// and so does a link to a pipe or a device such as /dev/stdout; the log is appended to it.
void start_log(const std::string& path);

}  // namespace base
