// Writes results.csv, which has a row for each step that is logged. Cells without a value are
// empty.
#pragma once
#include <string>
#include <vector>

#include "engine/base/append_file.h"
#include "tools/logs/dllogger.h"

namespace logs {

// Returns the text as one cell of a CSV file (RFC 4180): in quotation marks if it needs them.
std::string csv_cell(const std::string& text);

class CsvLog {
 public:
  // The first column is "step", followed by `columns`. If the file exists with the same columns, it
  // is continued after `last_step`: base::keep_lines removes rows of later steps and damaged rows.
  // A file with other columns, or without any, gets another name. `every` is the number of steps
  // from one row to the next, by which rows that are missing before `last_step` are noticed.
  CsvLog(const std::string& path, std::vector<std::string> columns, int64_t last_step,
         int64_t every = 1);

  // Writes a row. Values whose name is not a column are left out. A second call for the same step
  // completes its row.
  void row(int64_t step, const NamedValues&);

  // What was wrong with the file that is continued. Empty if nothing was.
  const std::string& damage() const { return damage_; }

 private:
  std::string damage_;
  std::vector<std::string> columns_;
  base::AppendFile file_;
  int64_t last_step_ = -1;
  uint64_t last_start_ = 0;
  NamedValues last_values_;
};

}  // namespace logs
