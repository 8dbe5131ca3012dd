// Writes summary.json, which has lines "DLLL {...}" as NVIDIA's DLLogger writes them, for programs
// that read these.
#pragma once
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/append_file.h"

namespace logs {

using NamedValues = std::vector<std::pair<std::string, double>>;

class DlLogger {
 public:
  // Continues an existing file after `last_step`: base::keep_lines removes lines of later steps,
  // lines about the whole run, and damaged ones. If `last_step` is 0, starts a new file. `every` is
  // the number of steps from one line to the next, by which missing lines are noticed.
  DlLogger(const std::string& path, int64_t last_step, int64_t every = 1);

  // Each of these writes a line. Except for unit(), the comment gives the value of its key "step".
  void parameters(const std::string& json_object);                // "PARAMETER"
  void unit(const std::string& metric, const std::string& unit);  // says the unit of a metric
  void log(int64_t epoch, int64_t step, const NamedValues&);      // [epoch, step]
  void summary(const NamedValues&);                               // [], for the whole run

  // What was wrong with the file that is continued. Empty if nothing was.
  const std::string& damage() const { return damage_; }
  uint64_t lost() const { return file_.lost(); }  // lines that could not be written

 private:
  void line(const std::string& step_json, const std::string& data_json);
  std::string head() const;

  std::string damage_;
  base::AppendFile file_;
  std::chrono::steady_clock::time_point start_;
};

// {"name": value, ...} in this order. NaN and infinities, which JSON cannot hold, become null.
std::string json_object(const NamedValues&);

}  // namespace logs
