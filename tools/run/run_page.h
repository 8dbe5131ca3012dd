// report.html in the folder of a run: a page for people, written while the run goes on.
#pragma once
#include <string>

#include "tools/run/evaluate_model.h"
#include "tools/run/run_folder.h"
#include "tools/run/training_data.h"

namespace run {

class RunPage {
 public:
  // All three must outlive this object.
  RunPage(const RunFolder& folder, const config::RunConfig& config, const TrainingData& data)
      : folder_(folder), config_(config), data_(data) {}

  // The evaluation that the page shows from now on: that of metrics.json.
  void show(const ModelEvaluation&, int64_t step);

  struct Progress {
    int64_t step = 0, total_steps = 0;
    std::string words;     // what the run does, or how it ended
    bool running = false;  // an open page loads itself again
  };
  // Writes the page, whole or not at all. A resumed run shows the evaluation that its folder holds
  // until it has a better one. Returns why the page could not be written, else nothing: a run does
  // not end for its report.
  std::string write(const Progress&);

 private:
  void find_earlier_evaluation();
  void describe_inputs();
  std::string html(const Progress&);

  const RunFolder& folder_;
  const config::RunConfig& config_;
  const TrainingData& data_;
  int64_t best_step_ = -1;
  std::string evaluation_;  // its sections
  std::string inputs_;      // the sections of data, configuration and environment
  std::vector<std::pair<std::string, std::string>> tiles_;
};

}  // namespace run
