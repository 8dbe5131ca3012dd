// report.html in the folder of a run: a page for people, written while the run goes on.
#pragma once
#include <functional>
#include <string>

#include "tools/run/evaluate_model.h"
#include "tools/run/run_folder.h"
#include "tools/run/training_data.h"

namespace run {

// No function throws, because a run does not end for its report.
class RunPage {
 public:
  // All three must outlive this object.
  RunPage(const RunFolder& folder, const config::RunConfig& config, const TrainingData& data)
      : folder_(folder), config_(config), data_(data) {}

  // The evaluation that the page shows from now on: that of metrics.json.
  void show(const ModelEvaluation&, int64_t step) noexcept;

  struct Progress {
    int64_t step = 0, total_steps = 0;
    std::string words;     // what the run does, or how it ended
    bool running = false;  // an open page loads itself again
  };
  // Writes the page, whole or not at all. A resumed run shows the evaluation that its folder holds
  // until it has a better one. If a file of the run is damaged, only its own part of the page is
  // missing, and a line says so. Returns why the page could not be written, else nothing.
  std::string write(const Progress&) noexcept;

 private:
  std::string evaluation_part(const ModelEvaluation&, int64_t step);
  std::string earlier_evaluation();
  std::string environment() const;
  std::string label_section() const;
  std::string text_of(const std::string& name, std::string& warnings,
                      const std::function<void(const std::string& text)>& check) const;
  void find_earlier_evaluation();
  void describe_inputs();
  std::string html(const Progress&);

  const RunFolder& folder_;
  const config::RunConfig& config_;
  const TrainingData& data_;
  int64_t best_step_ = -1;  // of the evaluation; -1: none, or unknown
  std::string evaluation_;  // its sections
  std::string inputs_;      // the sections of data, configuration and environment
  std::vector<std::pair<std::string, std::string>> tiles_;
};

}  // namespace run
