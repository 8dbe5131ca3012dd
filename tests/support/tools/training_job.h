// Training inside the test's process, in a folder of drawn pictures that becomes the working one.
#pragma once
#include "tests/support/tools/training_run.h"

namespace tests {

using Overrides = std::vector<std::string>;  // "key=value"

class TrainingJob {
 public:
  explicit TrainingJob(int train = 24, int val = 8);
  ~TrainingJob();
  TrainingJob(const TrainingJob&) = delete;
  TrainingJob& operator=(const TrainingJob&) = delete;

  // Trains with tiny.json and these into the folder `run`. True when it came to its end. `from` as
  // for --resume.
  bool train(const std::string& run, Overrides more, const std::string& from = "") const;

  TrainingPlace place;

 private:
  std::filesystem::path before_;
};

std::string numbered(const std::string& run, int step);  // its checkpoint of that step
double loss(const Row&);                                 // the total

}  // namespace tests
