// The numbers of results.csv.
#pragma once
#include <filesystem>
#include <string>
#include <vector>

namespace report {

struct TrainingTable {
  std::vector<std::string> columns;
  std::vector<std::vector<double>> rows;  // of the columns; NaN where a cell is empty

  // Pairs of step and value, where the column has one. Empty if there is no such column. More than
  // `most` pairs are averaged in groups of neighbours.
  std::vector<std::pair<double, double>> points(const std::string& column, size_t most = 600) const;
};

// An absent file is an empty table. A row that is cut short, or has another number of cells, is
// left out: the run may be writing it.
TrainingTable read_training_table(const std::filesystem::path& path);

}  // namespace report
