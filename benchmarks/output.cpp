#include "benchmarks/output.h"

#include <fmt/core.h>

#include "benchmarks/times.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/output_guard.h"
#include "engine/base/version.h"
#include "engine/base/write_file.h"
#include "tools/command_line.h"
#include "tools/run/environment.h"

namespace benchmarks {
namespace {

using json = nlohmann::ordered_json;

// The result with what makes times differ beside the code, for `ssdbench compare`.
json with_machine(json result) {
  const auto versions = base::version_parts();
  result["machine"]["cpu"] = run::cpu_model();
  result["machine"]["version"] = versions[0].second + " (git " + versions[1].second + ")";
  return result;
}

// A path in it need not be UTF-8.
std::string in_json(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

constexpr std::string_view kThroughput = "throughput", kLatency = "latency";

// The original says the units of these two kinds of figures.
void say_units(logs::DlLogger& log, const logs::NamedValues& figures) {
  for (const auto& [name, value] : figures) {
    if (name.find(kThroughput) != name.npos) log.unit(name, "images/s");
    if (name.find(kLatency) != name.npos) log.unit(name, "ms");
  }
}

void write_log(const std::string& path, const std::vector<LoggedCase>& cases) {
  logs::DlLogger log(path, 0);
  if (!cases.empty()) say_units(log, cases.front().figures);
  for (const LoggedCase& c : cases) {
    log.parameters(in_json(c.parameters));
    log.summary(c.figures);
  }
  if (log.lost() > 0)
    base::fail(base::ExitCode::data, "--dllogger: ", path, " lacks ",
               base::counted(int64_t(log.lost()), "line"),
               " that could not be written; give a file on another disk");
}

}  // namespace

void add_output_options(tools::Options& opts, OutputOptions& o) {
  opts.add("--json [FILE]", o.json,
           "One JSON object into this file; without a name, it is printed instead of the "
           "table")
      .or_alone("-");
  opts.add("--dllogger FILE", o.dllogger, "file of DLLogger lines, with the original's names");
  opts.add("--overwrite", o.overwrite, "replace files that exist");
}

base::OutputLocks check_outputs(const OutputOptions& o, const std::vector<std::string>& inputs,
                                const std::vector<OtherOutput>& others) {
  if (o.overwrite && (o.json.empty() || !o.prints_table()) && o.dllogger.empty() && others.empty())
    base::fail(base::ExitCode::usage,
               "--overwrite needs a file of --json or --dllogger: nothing else is replaced");
  base::OutputGuard guard(o.overwrite);
  if (o.prints_table()) guard.add("--json", o.json);
  guard.add("--dllogger", o.dllogger);
  for (const OtherOutput& other : others) guard.add(other.option, other.path);
  base::OutputLocks locks = guard.take(inputs);
  for (const std::filesystem::path file : {o.json, o.dllogger})
    base::create_folders(file.parent_path());
  for (const OtherOutput& other : others)
    base::create_folders(std::filesystem::path(other.path).parent_path());
  return locks;
}

void write_outputs(const OutputOptions& o, const json& result,
                   const std::vector<LoggedCase>& cases) {
  const std::string text = in_json(with_machine(result)) + "\n";
  if (!o.prints_table())
    fmt::print("{}", text);
  else if (!o.json.empty())
    base::write_file(o.json, text);
  if (!o.dllogger.empty()) write_log(o.dllogger, cases);
}

}  // namespace benchmarks
