#include "tools/logs/csv_log.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace logs {
namespace {

std::string header_of(const std::vector<std::string>& columns) {
  std::string line = "step";
  for (const std::string& column : columns) line += "," + csv_cell(column);
  return line;
}

std::string prepared(const std::string& path, const std::string& header, int64_t last_step) {
  if (last_step == 0) base::start_log(path);
  std::string first;
  if (std::filesystem::is_regular_file(path)) {
    std::ifstream file(path);
    if (std::getline(file, first) && first != header) std::filesystem::rename(path, path + ".old");
  }
  base::keep_lines(path, [&](std::string_view line) {
    if (line == header) return true;
    int64_t step = 0;
    auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), step);
    return error == std::errc() && step <= last_step;
  });
  return path;
}

}  // namespace

std::string csv_cell(const std::string& text) {
  if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
  std::string cell = "\"";
  for (char c : text) cell += c == '"' ? std::string("\"\"") : std::string(1, c);
  return cell + "\"";
}

CsvLog::CsvLog(const std::string& path, std::vector<std::string> columns, int64_t last_step)
    : columns_(std::move(columns)), file_(prepared(path, header_of(columns_), last_step)) {
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
