// Reads paths from a pipe or a file, one per line, as they arrive.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tools {

inline constexpr const char* kStandardInput = "standard input";  // as a name for messages

class PathLines {
 public:
  // `stopped` is asked while there is nothing to read. `name` is for messages.
  PathLines(int file_descriptor, std::string name, std::function<bool()> stopped = {});

  // Waits for paths, and returns at least one and at most `most`. Returns none at the end, or if it
  // was stopped. Empty lines are left out. Throws Error(data) if the input cannot be read, or if a
  // line is no path, because it has more than 4096 bytes or a NUL.
  std::vector<std::string> next(size_t most);

 private:
  bool wait(int milliseconds) const;
  void read_some();
  void take_lines(size_t most, std::vector<std::string>& paths);
  void add(std::string line, std::vector<std::string>& paths);

  const int file_;
  const std::string name_;
  const std::function<bool()> stopped_;
  std::string buffer_;  // what no newline ended yet
  int64_t line_ = 0;
  bool ended_ = false;
};

}  // namespace tools
