#include "tools/report/training_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <fstream>

namespace report {
namespace {

// results.csv has no quotes: its columns are names of ours, and its cells are numbers.
std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  size_t begin = 0;
  for (size_t end; (end = line.find(',', begin)) != std::string::npos; begin = end + 1)
    cells.push_back(line.substr(begin, end - begin));
  cells.push_back(line.substr(begin));
  return cells;
}

double number_of(const std::string& cell) {
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return error == std::errc() ? value : std::nan("");
}

using Points = std::vector<std::pair<double, double>>;

Points averaged(const Points& all, size_t most) {
  if (all.size() <= most) return all;
  const size_t group = (all.size() + most - 1) / most;
  Points fewer;
  for (size_t first = 0; first < all.size(); first += group) {
    const size_t last = std::min(all.size(), first + group);
    double x = 0, y = 0;
    for (size_t i = first; i < last; ++i) {
      x += all[i].first;
      y += all[i].second;
    }
    fewer.emplace_back(x / double(last - first), y / double(last - first));
  }
  return fewer;
}

}  // namespace

Points TrainingTable::points(const std::string& column, size_t most) const {
  const auto found = std::find(columns.begin(), columns.end(), column);
  if (found == columns.end()) return {};
  const size_t index = size_t(found - columns.begin());
  Points all;
  for (const auto& row : rows)
    if (std::isfinite(row[0]) && !std::isnan(row[index])) all.emplace_back(row[0], row[index]);
  return averaged(all, most);
}

TrainingTable read_training_table(const std::filesystem::path& path) {
  TrainingTable table;
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return table;
  table.columns = cells_of(line);
  while (std::getline(file, line)) {
    const std::vector<std::string> cells = cells_of(line);
    if (file.eof() || cells.size() != table.columns.size()) continue;
    std::vector<double> row;
    for (const std::string& cell : cells) row.push_back(number_of(cell));
    table.rows.push_back(std::move(row));
  }
  return table;
}

}  // namespace report
