// All logs of a training run in one object: stderr, train.log, summary.json, results.csv and the
// events for TensorBoard.
#pragma once
#include <array>
#include <filesystem>
#include <string>
#include <vector>

#include "engine/base/append_file.h"
#include "tools/logs/csv_log.h"
#include "tools/logs/dllogger.h"
#include "tools/logs/event_file.h"
#include "tools/logs/progress.h"

namespace logs {

// The files in a run's folder to which a run that goes on appends. The events' file has a name of
// its own for each start (newest_events).
inline constexpr std::array<const char*, 3> kLogFiles{"train.log", "summary.json", "results.csv"};

struct TrainingLogOptions {
  int64_t total_steps = 0;
  int64_t last_step = 0;             // after which a resumed run goes on; later entries are removed
  bool goes_on = false;              // whether the folder has the logs of the run's earlier steps
  int64_t every = 100;               // steps between two entries
  std::vector<std::string> columns;  // of results.csv, after "step" and "epoch"
};

class TrainingLog {
 public:
  // Opens the logs in the run's folder, and continues those that exist. Messages say which of them
  // are missing or damaged.
  TrainingLog(const std::filesystem::path& folder, const TrainingLogOptions&);

  void parameters(const std::string& config_json) { summary_.parameters(config_json); }
  void message(const std::string& text);  // goes to stderr and train.log

  // Shows `detail` in the progress line and, if the step is due, writes `values` to all logs. Their
  // names are the tags of TensorBoard, such as "Loss/total_loss". Call it for every step that
  // shows().
  void step(int64_t step, int64_t epoch, const NamedValues& values, const std::string& detail);
  // Every `every` steps, and at the end.
  bool due(int64_t step) const {
    return step % options_.every == 0 || step == options_.total_steps;
  }
  bool shows(int64_t step) const { return due(step) || progress_.wants(step); }

  // Writes the results of an evaluation, with names such as "DetectionBoxes_Precision/mAP". As in
  // the original, summary.json gets the names without "DetectionBoxes_".
  void evaluation(int64_t step, int64_t epoch, const NamedValues&);
  void summary(const NamedValues& values) { summary_.summary(values); }
  void image(int64_t step, const std::string& tag, int width, int height,
             std::string_view encoded) {
    events_.image(step, tag, width, height, encoded);
  }

 private:
  void row(int64_t step, int64_t epoch, const NamedValues&);

  TrainingLogOptions options_;
  std::vector<std::string> missing_;  // names of files
  base::AppendFile text_;
  DlLogger summary_;
  CsvLog table_;
  EventFile events_;
  Progress progress_;
};

}  // namespace logs
