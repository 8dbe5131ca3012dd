// A program that runs while the test goes on.
#pragma once
#include <sys/types.h>

#include <optional>
#include <string>

namespace tests {

class RunningProgram {
 public:
  // `folder`: its working folder. Its standard error goes to a file.
  RunningProgram(const std::string& folder, const std::string& command);
  ~RunningProgram();  // killed, if it still runs
  RunningProgram(const RunningProgram&) = delete;
  RunningProgram& operator=(const RunningProgram&) = delete;

  void write(const std::string& text);  // to its standard input
  void close_input();
  void close_output();  // nobody reads its standard output any more
  // The next line of its standard output, without the newline; none when it ended, or within the
  // time.
  std::optional<std::string> line(int milliseconds = 60000);
  std::string err() const;                    // its standard error up to now
  bool told(const std::string& words) const;  // waits until it has these words there
  void signal(int number);
  int wait();             // for its end; the exit code, 128 + n when signal n ended it
  long peak_kib() const;  // the most memory that it held so far

 private:
  std::string errors_;
  pid_t process_ = -1;
  int input_ = -1, output_ = -1;
  std::string buffer_;
};

// One that has ended and that nobody has asked for yet counts as gone.
bool alive(pid_t process);

}  // namespace tests
