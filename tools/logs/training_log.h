// All logs of a training run behind one door: stderr and train.log, summary.json, results.csv,
// events.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

#include "engine/base/append_file.h"
#include "tools/logs/csv_log.h"
#include "tools/logs/dllogger.h"
#include "tools/logs/event_file.h"
#include "tools/logs/progress.h"

namespace logs {

struct TrainingLogOptions {
  int64_t total_steps = 0;
  int64_t last_step = 0;  // the step that a resumed run goes on from; later entries are cut off
  int64_t every = 100;    // steps between two entries
  std::vector<std::string> columns;  // of results.csv, after "step" and "epoch"
};

class TrainingLog {
 public:
  // The logs of the run in `folder`, continued where they exist.
  TrainingLog(const std::filesystem::path& folder, const TrainingLogOptions&);

  void parameters(const std::string& config_json) { summary_.parameters(config_json); }
  void message(const std::string& text);  // stderr and train.log

  // Every step. `values` are written to all logs when the step is due (each `every` steps, and the
  // last); names are the tags of TensorBoard, such as "Loss/total_loss"; `detail` goes into the
  // progress line.
  void step(int64_t step, int64_t epoch, const NamedValues& values, const std::string& detail);
  bool due(int64_t step) const {
    return step % options_.every == 0 || step == options_.total_steps;
  }
  bool shows(int64_t step) const { return due(step) || progress_.wants(step); }

  // Results of an evaluation, names as "DetectionBoxes_Precision/mAP"; summary.json gets them
  // without "DetectionBoxes_", as the original's.
  void evaluation(int64_t step, int64_t epoch, const NamedValues&);
  void summary(const NamedValues& values) { summary_.summary(values); }
  void image(int64_t step, const std::string& tag, int width, int height,
             std::string_view encoded) {
    events_.image(step, tag, width, height, encoded);
  }

 private:
  void row(int64_t step, int64_t epoch, const NamedValues&);

  TrainingLogOptions options_;
  base::AppendFile text_;
  DlLogger summary_;
  CsvLog table_;
  EventFile events_;
  Progress progress_;
};

}  // namespace logs
