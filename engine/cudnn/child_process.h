// A child process with which lines of text are exchanged.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace engine {

// Lines over a socket. Used by both sides.
class LineChannel {
 public:
  LineChannel(int in, int out) : in_(in), out_(out) {}
  bool send(const std::string& line);    // false: the other side is gone
  std::optional<std::string> receive();  // nothing: the other side is gone

 private:
  int in_, out_;
  std::string received_;  // not yet returned
};

class ChildProcess {
 public:
  // Starts the program with these arguments; its stdin and stdout are the channel. Error(failed) if
  // that cannot be done.
  explicit ChildProcess(const std::vector<std::string>& command);
  ~ChildProcess();  // ends its stdin, and waits for its end
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  LineChannel& channel() { return *channel_; }

 private:
  int socket_ = -1;
  pid_t child_ = -1;
  std::optional<LineChannel> channel_;
};

}  // namespace engine
