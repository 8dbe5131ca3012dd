#include "benchmarks/result_rows.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>
#include <vector>

#include "data/formats/json_cursor.h"
#include "data/formats/lines.h"
#include "engine/base/error.h"
#include "engine/base/loaded_file.h"
#include "engine/base/text.h"

namespace benchmarks {
namespace {

using json = nlohmann::json;

constexpr uint64_t kLargestFile = 4 << 20;

[[noreturn]] void no_result(const std::string& path) {
  base::fail(
      base::ExitCode::data, path,
      ": this is no result of ssdbench: expected what one of its commands writes with --json");
}

double seconds_of(const json& spread, const char* key, double unit, const std::string& path) {
  const auto at = spread.find(key);
  if (at == spread.end() || !at->is_number() || !(at->get<double>() > 0)) no_result(path);
  return unit * at->get<double>();
}

// The field of a row that has its times, by command, and the unit of them in seconds.
struct TimesField {
  const char* key;
  double unit;
};
constexpr TimesField kTimes[] = {{"ms_per_step", 1e-3},   // train, infer
                                 {"seconds", 1},          // eval, allreduce
                                 {"ms_per_image", 1e-3},  // data
                                 {"ms_in_steps", 1e-3},   // op
                                 {"ms", 1e-3}};           // conv
constexpr const char* kRows[] = {"results", "rows", "operations"};

Quartiles quartiles_of(const json& row, const std::string& path) {
  for (const auto& [key, unit] : kTimes) {
    const auto spread = row.find(key);
    if (spread == row.end()) continue;
    if (!spread->is_object()) no_result(path);
    const Quartiles q{seconds_of(*spread, "p25", unit, path),
                      seconds_of(*spread, "median", unit, path),
                      seconds_of(*spread, "p75", unit, path)};
    if (q.p25 > q.median || q.median > q.p75)
      base::fail(base::ExitCode::data, path, ": this is no result of ssdbench: the \"", key,
                 "\" of a row has p25 ", q.p25 / unit, ", median ", q.median / unit, " and p75 ",
                 q.p75 / unit, ", expected numbers that rise");
    return q;
  }
  no_result(path);
}

// The settings that make two rows the same case, in their order; those of all rows stand in `file`.
std::vector<std::pair<std::string, std::string>> settings_of(const json& file, const json& row,
                                                             const std::string& path) {
  std::vector<std::pair<std::string, std::string>> settings;
  std::istringstream keys(
      "what op pass mode device precision from pictures checkpoint batch threads clock "
      "frozen_batch_norm deterministic conv_algorithm weight_gradients fixed_weights graph "
      "cache_mib images classes objects detections transport gflop_per_image gflop");
  for (std::string key; keys >> key;)
    for (const json* holder : {&row, &file}) {
      const auto at = holder->find(key);
      if (at == holder->end()) continue;
      if (!at->is_primitive()) no_result(path);
      // FLOP tell apart two models of one name. They are compared as they are printed.
      const std::string value = at->is_string()         ? at->get<std::string>()
                                : at->is_number_float() ? fmt::format("{:.4g}", at->get<double>())
                                                        : at->dump();
      settings.emplace_back(key, base::printable(value));
      break;
    }
  return settings;
}

// What the watch of the machine has noticed, and the machine itself. Files may lack all of it.
void read_machine(const json& holder, ResultFile& file) {
  const auto machine = holder.find("machine");
  if (machine == holder.end() || !machine->is_object()) return;
  if (const auto at = machine->find("notices"); at != machine->end() && at->is_array())
    for (const json& notice : *at)
      if (notice.is_string()) file.notices.insert(notice.get<std::string>());
  for (const auto& [key, text] : {std::pair("cpu", &file.cpu), {"version", &file.version}})
    if (const auto at = machine->find(key); at != machine->end() && at->is_string())
      *text = at->get<std::string>();
}

json parsed(base::LoadedFile& file) {
  if (const std::string nothing = data::nothing_in_words(file.bytes()); !nothing.empty())
    base::fail(base::ExitCode::data, file.path(), ": ", nothing,
               ", expected what a command of ssdbench writes with --json");
  data::JsonCursor cursor(file.bytes());
  // Copies of values that are nested very deeply would take more stack than there is.
  const auto check_depth = [&](int outer, json::parse_event_t event, const json&) {
    cursor.token_read();
    const bool opens =
        event == json::parse_event_t::object_start || event == json::parse_event_t::array_start;
    if (opens && outer >= data::kDeepestJson)
      base::fail(base::ExitCode::data, file.position(cursor.offset()),
                 "arrays and objects nested deeper than ", data::kDeepestJson);
    return true;
  };
  try {
    return json::parse(data::JsonIterator{&cursor}, data::JsonIterator{&cursor}, check_depth);
  } catch (const json::exception& error) {
    base::fail(base::ExitCode::data, file.position(cursor.offset()),
               data::syntax_problem(cursor, error.what()));
  }
}

}  // namespace

ResultFile read_result_file(const std::string& path) {
  base::LoadedFile loaded(path, kLargestFile);
  const json whole = parsed(loaded);
  if (!whole.is_object()) no_result(path);
  json rows;
  for (const char* key : kRows)
    if (whole.contains(key)) rows = whole[key];
  if (!rows.is_array() || rows.empty()) no_result(path);
  ResultFile file;
  read_machine(whole, file);
  std::map<std::string, int> rows_of_case;
  for (const json& row : rows) {
    if (!row.is_object()) no_result(path);
    read_machine(row, file);
    std::string name;
    for (const auto& [key, value] : settings_of(whole, row, path)) {
      file.settings[key].insert(value);
      name += fmt::format("{}{} {}", name.empty() ? "" : ", ", key, value);
    }
    file.rows[{name, ++rows_of_case[name]}] = quartiles_of(row, path);
  }
  return file;
}

}  // namespace benchmarks
