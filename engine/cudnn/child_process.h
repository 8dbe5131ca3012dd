// Starts a child process and exchanges lines of text with it.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace engine {

// Sends and receives lines over a socket. Both sides use it.
class LineChannel {
 public:
  LineChannel(int in, int out) : in_(in), out_(out) {}
  bool send(const std::string& line);    // false if the other side is gone
  std::optional<std::string> receive();  // nothing if the other side is gone

 private:
  int in_, out_;
  std::string received_;  // not yet returned
};

class ChildProcess {
 public:
  // Starts the program with these arguments; its stdin and stdout are the channel. Throws
  // Error(failed) if it cannot be started.
  explicit ChildProcess(const std::vector<std::string>& command);
  ~ChildProcess();  // closes its stdin and waits until it ends
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  LineChannel& channel() { return *channel_; }

 private:
  int socket_ = -1;
  pid_t child_ = -1;
  std::optional<LineChannel> channel_;
};

}  // namespace engine
