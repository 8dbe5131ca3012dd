#include "tools/logs/csv_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "engine/base/set_aside.h"
#include "tools/logs/kept_steps.h"

namespace logs {
namespace {

std::string header_of(const std::vector<std::string>& columns) {
  std::string line = "step";
  for (const std::string& column : columns) line += "," + csv_cell(column);
  return line;
}

// Whether the cell is empty or a number.
bool is_cell(std::string_view cell) {
  double value = 0;
  const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
  return cell.empty() || (error == std::errc() && end == cell.data() + cell.size());
}

// A row is a step and a cell for each of the columns.
base::LogLine kind_of(std::string_view row, size_t columns, int64_t last_step, KeptSteps& kept) {
  int64_t step = 0;
  const auto [end, error] = std::from_chars(row.data(), row.data() + row.size(), step);
  if (error != std::errc()) return base::LogLine::damaged;
  if (step > last_step) return base::LogLine::later;
  row.remove_prefix(size_t(end - row.data()));
  for (; columns > 0 && row.starts_with(','); --columns) {
    row.remove_prefix(1);
    if (!is_cell(row.substr(0, row.find(',')))) return base::LogLine::damaged;
    row.remove_prefix(std::min(row.find(','), row.size()));
  }
  if (columns > 0 || !row.empty()) return base::LogLine::damaged;
  kept.add(step);
  return base::LogLine::keep;
}

// A table that cannot be continued gets another name. Returns why, or nothing.
std::string set_table_aside(const std::string& path, const std::string& header) {
  std::string first;
  if (!std::filesystem::is_regular_file(path)) return {};
  if (std::ifstream file(path); !std::getline(file, first) || first == header) return {};
  const bool others = first.starts_with("step,");
  const std::string aside = base::set_aside(path, others ? "old" : "damaged");
  return fmt::format("results.csv: {}; it begins anew, and the file as it was is {}",
                     others ? "its columns are others" : "its first line does not name its columns",
                     std::filesystem::path(aside).filename().string());
}

std::string prepared(const std::string& path, const std::string& header, size_t columns,
                     int64_t last_step, int64_t every, std::string& damage) {
  if (last_step == 0) base::start_log(path);
  damage = set_table_aside(path, header);
  KeptSteps kept(path);
  std::string lines = base::keep_lines(path, [&](std::string_view line) {
    return line == header ? base::LogLine::keep : kind_of(line, columns, last_step, kept);
  });
  if (lines.empty()) lines = kept.missing_in_words(last_step, every);
  if (!lines.empty()) damage = lines;
  return path;
}

}  // namespace

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string cell = "\"";
  for (char c : text) cell += c == '"' ? std::string("\"\"") : std::string(1, c);
  return cell + "\"";
}

CsvLog::CsvLog(const std::string& path, std::vector<std::string> columns, int64_t last_step,
               int64_t every)
    : columns_(std::move(columns)),
      file_(prepared(path, header_of(columns_), columns_.size(), last_step, every, damage_)) {
  if (file_.size() == 0) file_.append(header_of(columns_) + "\n");
}

void CsvLog::row(int64_t step, const NamedValues& values) {
  if (step == last_step_) {
    file_.cut(last_start_);
  } else {
    last_values_.clear();
  }
  last_values_.insert(last_values_.begin(), values.begin(), values.end());  // new values come first
  last_step_ = step;
  last_start_ = file_.size();
  std::string line = fmt::format("{}", step);
  for (const std::string& column : columns_) {
    auto found = std::find_if(last_values_.begin(), last_values_.end(),
                              [&](const auto& v) { return v.first == column; });
    line += found == last_values_.end() ? "," : fmt::format(",{}", found->second);
  }
  file_.append(line + "\n");
}

}  // namespace logs
