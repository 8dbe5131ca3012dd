// `ssdbench compare`: what differs between two results of the other commands.
#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "benchmarks/commands.h"
#include "data/formats/json_text.h"
#include "engine/base/error.h"
#include "engine/base/loaded_file.h"
#include "engine/base/text.h"

namespace {

using json = nlohmann::json;

constexpr uint64_t kLargestFile = 4 << 20;

struct Spread {
  double p25 = 0, median = 0, p75 = 0;
};
using Rows = std::map<std::string, Spread>;  // by the case that was timed

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

Spread spread_of(const json& row, const std::string& path) {
  for (const auto& [key, unit] : kTimes) {
    const auto spread = row.find(key);
    if (spread == row.end()) continue;
    if (!spread->is_object()) no_result(path);
    return {seconds_of(*spread, "p25", unit, path), seconds_of(*spread, "median", unit, path),
            seconds_of(*spread, "p75", unit, path)};
  }
  no_result(path);
}

// The settings that make two rows the same case, in words; those of all rows stand in `file`.
std::string case_of(const json& file, const json& row, const std::string& path) {
  std::string words;
  std::istringstream keys(
      "what op pass mode device precision from pictures checkpoint batch threads clock "
      "frozen_batch_norm deterministic conv_algorithm fixed_weights graph cache_mib images classes "
      "detections");
  for (std::string key; keys >> key;)
    for (const json* holder : {&row, &file}) {
      const auto at = holder->find(key);
      if (at == holder->end()) continue;
      if (!at->is_primitive()) no_result(path);
      const std::string value = at->is_string() ? at->get<std::string>() : at->dump();
      words += fmt::format("{}{} {}", words.empty() ? "" : ", ", key, base::printable(value));
      break;
    }
  return words;
}

Rows read_rows(const std::string& path) {
  const base::LoadedFile file(path, kLargestFile);
  // Copies of values that are nested very deeply would take more stack than there is.
  data::json_members(file.bytes(), path);
  const json parsed = json::parse(file.bytes(), nullptr, false);
  if (!parsed.is_object()) no_result(path);
  json rows;
  for (const char* key : kRows)
    if (parsed.contains(key)) rows = parsed[key];
  if (!rows.is_array() || rows.empty()) no_result(path);
  Rows result;
  for (const json& row : rows) {
    if (!row.is_object()) no_result(path);
    result[case_of(parsed, row, path)] = spread_of(row, path);
  }
  return result;
}

// Beyond noise: the middle half of the times of one does not meet the middle half of the other.
const char* verdict(const Spread& before, const Spread& after) {
  if (after.p25 > before.p75) return "SLOWER";
  if (after.p75 < before.p25) return "faster";
  return "same";
}

int compare(const std::string& before_path, const std::string& after_path) {
  const Rows before = read_rows(before_path), after = read_rows(after_path);
  int shared = 0, slower = 0;
  fmt::print("{:8} {:>12} {:>12} {:>8}  case\n", "", "before, s", "after, s", "ratio");
  for (const auto& [name, then] : before) {
    const auto at = after.find(name);
    if (at == after.end()) continue;
    const char* said = verdict(then, at->second);
    fmt::print("{:8} {:12.5f} {:12.5f} {:8.3f}  {}\n", said, then.median, at->second.median,
               at->second.median / then.median, name);
    ++shared;
    slower += *said == 'S';
  }
  if (!shared)
    base::fail(base::ExitCode::data, before_path, " and ", after_path,
               " have no case in common: the same command, device, precision, batch, threads and "
               "clock are expected in both");
  fmt::print("{} of {} cases slower; {} cases are in one file only\n", slower, shared,
             before.size() + after.size() - 2 * size_t(shared));
  return slower ? 1 : 0;
}

struct Options {
  std::string before, after;
};

}  // namespace

namespace benchmarks {

Command add_compare_command(CLI::App& program) {
  auto o = std::make_shared<Options>();
  CLI::App* app = program.add_subcommand(
      "compare", "Compares two results of --json; ends with 1 if a case became slower");
  app->add_option("before", o->before, "JSON of the older run")->required();
  app->add_option("after", o->after, "JSON of the newer run")->required();
  return {app, [o] { return compare(o->before, o->after); }};
}

}  // namespace benchmarks
