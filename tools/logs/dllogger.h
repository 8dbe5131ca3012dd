// summary.json: lines "DLLL {...}" as NVIDIA's DLLogger writes them, for the tools that read those.
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
  // Goes on after `last_step` of an existing file: lines of later steps and whole-run lines are cut
  // off. 0 starts anew.
  DlLogger(const std::string& path, int64_t last_step);

  void parameters(const std::string& json_object);  // step "PARAMETER"
  void unit(const std::string& metric, const std::string& unit);
  void log(int64_t epoch, int64_t step, const NamedValues&);  // step [epoch, step]
  void summary(const NamedValues&);                           // step [], the whole run

 private:
  void line(const std::string& step_json, const std::string& data_json);
  std::string head() const;

  base::AppendFile file_;
  std::chrono::steady_clock::time_point start_;
};

// {"name": value, ...} in this order; what JSON cannot hold (NaN, infinities) becomes null.
std::string json_object(const NamedValues&);

}  // namespace logs
