#include "tools/logs/training_log.h"

#include <charconv>
#include <chrono>

#include "engine/base/text.h"
#include "engine/base/time_text.h"

namespace logs {
namespace {

constexpr std::string_view kStep = "step ";
constexpr size_t kTimeLength = std::string_view("2024-01-31 23:59:59").size();

// Removes the lines of later steps. Lines are "time step N/M ..." or "time message". Messages
// before the first line that is removed stay.
std::string prepared(const std::string& path, int64_t last_step) {
  if (last_step == 0) base::start_log(path);
  base::keep_lines(path, [last_step](std::string_view line) {
    if (line.size() < kTimeLength + 1 + kStep.size()) return base::LogLine::keep;
    line.remove_prefix(kTimeLength + 1);
    if (!line.starts_with(kStep)) return base::LogLine::keep;
    int64_t step = 0;
    line.remove_prefix(kStep.size());
    auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), step);
    return error != std::errc() || step <= last_step ? base::LogLine::keep : base::LogLine::later;
  });
  return path;
}

std::vector<std::string> with_epoch(std::vector<std::string> columns) {
  columns.insert(columns.begin(), "epoch");
  return columns;
}

std::string stamped(const std::string& text) {
  return base::local_text(std::chrono::system_clock::now()).substr(0, kTimeLength) + " " + text +
         "\n";
}

// The logs that a run which goes on should find, but are not there or have no byte.
std::vector<std::string> missing_in(const std::filesystem::path& folder,
                                    const TrainingLogOptions& o) {
  std::vector<std::string> missing;
  if (!o.goes_on || o.last_step == 0) return missing;
  for (const char* name : kLogFiles) {
    std::error_code unknown;
    const auto there = std::filesystem::status(folder / name, unknown);
    if (!exists(there) ||
        (is_regular_file(there) && std::filesystem::file_size(folder / name, unknown) == 0))
      missing.emplace_back(name);
  }
  return missing;
}

}  // namespace

TrainingLog::TrainingLog(const std::filesystem::path& folder, const TrainingLogOptions& o)
    : options_(o),
      missing_(missing_in(folder, o)),
      text_(prepared(folder / "train.log", o.last_step)),
      summary_(folder / "summary.json", o.last_step, o.every),
      table_(folder / "results.csv", with_epoch(o.columns), o.last_step, o.every),
      events_(folder.string(), o.last_step),
      progress_({.total = o.total_steps, .done_before = o.last_step, .every = o.every}) {
  for (const std::string& name : missing_)
    message("warning: " + name + " is missing or empty; it begins anew after step " +
            std::to_string(o.last_step));
  for (const std::string& damage : {summary_.damage(), table_.damage(), events_.damage()})
    if (!damage.empty()) message("warning: " + damage);
}

void TrainingLog::message(const std::string& text) {
  const std::string line = base::printable(text);  // it may name files and classes
  progress_.message(line);
  text_.append(stamped(line));
}

void TrainingLog::row(int64_t step, int64_t epoch, const NamedValues& values) {
  NamedValues cells = values;
  cells.emplace_back("epoch", double(epoch));
  table_.row(step, cells);
}

void TrainingLog::step(int64_t step, int64_t epoch, const NamedValues& values,
                       const std::string& detail) {
  progress_.update(step, detail);
  if (!due(step)) return;
  text_.append(stamped(progress_.line(step, detail)));
  summary_.log(epoch, step, values);
  events_.scalars(step, values);
  row(step, epoch, values);
}

void TrainingLog::evaluation(int64_t step, int64_t epoch, const NamedValues& values) {
  constexpr std::string_view kPrefix = "DetectionBoxes_";
  NamedValues short_names = values;
  for (auto& [name, value] : short_names)
    if (name.starts_with(kPrefix)) name.erase(0, kPrefix.size());
  summary_.log(epoch, step, short_names);
  events_.scalars(step, values);
  row(step, epoch, values);
}

}  // namespace logs
