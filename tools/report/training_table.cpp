#include "tools/report/training_table.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/loaded_file.h"

namespace report {
namespace {

constexpr uint64_t kMostBytes = uint64_t(1) << 30;

// results.csv has no quotes: its columns are names of ours, and its cells are numbers.
std::vector<std::string_view> cells_of(std::string_view line) {
  std::vector<std::string_view> cells;
  size_t begin = 0;
  for (size_t end; (end = line.find(',', begin)) != line.npos; begin = end + 1)
    cells.push_back(line.substr(begin, end - begin));
  cells.push_back(line.substr(begin));
  return cells;
}

// NaN if the cell is empty; nothing if it is no number.
std::optional<double> number_of(std::string_view cell) {
  if (cell.empty()) return std::nan("");
  double value = 0;
  const char* const last = cell.data() + cell.size();
  const auto [end, error] = std::from_chars(cell.data(), last, value);
  return error == std::errc() && end == last ? std::optional(value) : std::nullopt;
}

// Whether the line has a number or nothing for each of the columns.
bool add_row(TrainingTable& table, std::string_view line) {
  const std::vector<std::string_view> cells = cells_of(line);
  if (cells.size() != table.columns.size()) return false;
  std::vector<double> row;
  for (std::string_view cell : cells)
    if (const auto number = number_of(cell)) row.push_back(*number);
  if (row.size() != cells.size()) return false;
  table.rows.push_back(std::move(row));
  return true;
}

// Of a file whose lines end with a line feed each.
void read_lines(TrainingTable& table, std::string_view text) {
  size_t damaged = 0;
  for (size_t end; (end = text.find('\n')) != text.npos; text.remove_prefix(end + 1)) {
    const std::string_view line = text.substr(0, end);
    if (!table.columns.empty()) {
      damaged += !add_row(table, line);
      continue;
    }
    if (!line.starts_with("step,"))
      base::fail(base::ExitCode::data, "its first line does not begin with \"step,\"");
    for (std::string_view cell : cells_of(line)) table.columns.emplace_back(cell);
  }
  if (damaged > 0)
    table.problem = base::concatenate("results.csv: ", base::counted(damaged, "damaged row"),
                                      damaged == 1 ? " is" : " are", " left out.");
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
  std::error_code unknown;
  if (std::filesystem::status(path, unknown).type() == std::filesystem::file_type::not_found)
    return table;
  try {
    read_lines(table, base::LoadedFile(path.string(), kMostBytes).bytes());
  } catch (const std::exception& error) {
    table.problem = base::concatenate("results.csv cannot be shown: ", error.what());
  }
  return table;
}

}  // namespace report
