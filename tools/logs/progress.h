// Shows on stderr how far a long job is. On a terminal this is a line that is drawn again and
// again, elsewhere a plain line from time to time.
#pragma once
#include <chrono>
#include <string>

namespace logs {

// Whether the descriptor is a terminal that takes colours and lines drawn again: it is a tty, TERM
// is not dumb, and NO_COLOR is not set.
bool lively_terminal(int file_descriptor);

struct ProgressOptions {
  std::string unit = "step";  // as in "step 120/1000"
  int64_t total = 0;
  int64_t done_before = 0;  // steps before this run was resumed; they do not count for its speed
  int64_t every = 100;      // steps between two plain lines
};

class Progress {
 public:
  explicit Progress(ProgressOptions options);
  ~Progress();  // ends the line, which stays on the terminal
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // Shows the progress if it is time. `detail` is a text such as "loss 1.23  lr 0.02".
  void update(int64_t done, const std::string& detail = "");
  // Whether update(done) would show anything. If not, `detail` need not be formatted.
  bool wants(int64_t done) const;
  // Prints a message on a line of its own.
  void message(const std::string& text);
  // Such as "step 120/1000  12%  loss 1.23  ETA 3m07s". The average speed since the start gives the
  // ETA.
  std::string line(int64_t done, const std::string& detail) const;

 private:
  void clear();
  ProgressOptions options_;
  bool lively_, moving_ = false;
  std::chrono::steady_clock::time_point start_, shown_;
};

}  // namespace logs
