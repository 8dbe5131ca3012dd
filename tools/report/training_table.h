// The numbers of results.csv.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace report {

struct TrainingTable {
  std::vector<std::string> columns;
  std::vector<std::vector<double>> rows;  // of the columns; NaN where a cell is empty
  std::string problem;                    // what could not be read, in words; empty: nothing

  // Pairs of step and value, where the column has one. Empty if there is no such column. More than
  // `most` pairs are averaged in groups of neighbours.
  std::vector<std::pair<double, double>> points(const std::string& column, size_t most = 600) const;
};

// If the file does not exist, the table is empty. Rows that lack a cell or have one that is no
// number are left out, and so is a last line without its end, which the run may be writing. Throws
// nothing: TrainingTable::problem says what is damaged.
TrainingTable read_training_table(const std::filesystem::path& path);

}  // namespace report
