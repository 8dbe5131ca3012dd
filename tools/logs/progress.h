// Where a long job is: a line that moves on a terminal, a plain line now and then elsewhere. On
// stderr.
#pragma once
#include <chrono>
#include <string>

namespace logs {

// Whether a terminal takes colours and moving lines: it is a tty, TERM is not dumb, NO_COLOR is
// unset.
bool lively_terminal(int file_descriptor);

struct ProgressOptions {
  std::string unit = "step";  // "step 120/1000"
  int64_t total = 0;
  int64_t done_before = 0;  // steps of earlier runs, which say nothing about the speed of this one
  int64_t every = 100;      // steps between two plain lines
};

class Progress {
 public:
  explicit Progress(ProgressOptions options);
  ~Progress();  // leaves a moving line on the terminal, complete
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  // `detail` as "loss 1.23  lr 0.02": the caller formats it only when wants(done).
  void update(int64_t done, const std::string& detail = "");
  bool wants(int64_t done) const;
  // A message of its own line, without breaking the moving one.
  void message(const std::string& text);
  // "step 120/1000  12%  loss 1.23  4.5 steps/s  ETA 3m07s"
  std::string line(int64_t done, const std::string& detail) const;

 private:
  void clear();
  ProgressOptions options_;
  bool lively_, moving_ = false;
  std::chrono::steady_clock::time_point start_, shown_;
};

}  // namespace logs
