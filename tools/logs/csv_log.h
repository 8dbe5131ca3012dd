// results.csv: a row per step that was logged; cells without a value stay empty.
#pragma once
#include <string>
#include <vector>

#include "engine/base/append_file.h"
#include "tools/logs/dllogger.h"

namespace logs {

class CsvLog {
 public:
  // The first column is "step". Goes on after `last_step` of an existing file with the same
  // columns: rows of later steps are cut off; a file with other columns is kept as path + ".old".
  CsvLog(const std::string& path, std::vector<std::string> columns, int64_t last_step);

  // Names that are no columns are left out. A second row of the same step completes the first.
  void row(int64_t step, const NamedValues&);

 private:
  std::vector<std::string> columns_;
  base::AppendFile file_;
  int64_t last_step_ = -1;
  uint64_t last_start_ = 0;
  NamedValues last_values_;
};

}  // namespace logs
