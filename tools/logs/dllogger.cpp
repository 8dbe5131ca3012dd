#include "tools/logs/dllogger.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/base/time_text.h"
#include "tools/logs/kept_steps.h"

namespace logs {
namespace {

constexpr std::string_view kHead = "DLLL ";

base::LogLine kind_of(std::string_view line, int64_t last_step, KeptSteps& kept) {
  using enum base::LogLine;
  if (!line.starts_with(kHead)) return damaged;
  const auto entry = nlohmann::json::parse(line.substr(kHead.size()), nullptr, false);
  if (!entry.is_object()) return damaged;
  const auto step = entry.find("step");
  if (step == entry.end() || step->is_string()) return keep;  // metadata, parameters
  if (*step == nlohmann::json::array()) return later;         // of the whole run
  const bool numbered = step->is_array() && step->size() == 2 && (*step)[1].is_number();
  if (!numbered) return damaged;
  const double number = (*step)[1].get<double>();
  if (number > double(last_step)) return later;
  kept.add(int64_t(std::max(number, 0.)));
  return keep;
}

std::string prepared(const std::string& path, int64_t last_step, int64_t every,
                     std::string& damage) {
  if (last_step == 0) base::start_log(path);
  KeptSteps kept(path);
  damage =
      base::keep_lines(path, [&](std::string_view line) { return kind_of(line, last_step, kept); });
  if (damage.empty()) damage = kept.missing_in_words(last_step, every);
  return path;
}

}  // namespace

std::string json_object(const NamedValues& values) {
  nlohmann::ordered_json object = nlohmann::ordered_json::object();
  for (const auto& [name, value] : values) object[name] = value;
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

DlLogger::DlLogger(const std::string& path, int64_t last_step, int64_t every)
    : file_(prepared(path, last_step, every, damage_)), start_(std::chrono::steady_clock::now()) {}

std::string DlLogger::head() const {
  auto now = std::chrono::system_clock::now();
  double stamp = std::chrono::duration<double>(now.time_since_epoch()).count();
  double elapsed = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  return fmt::format(R"("timestamp": "{:.6f}", "datetime": "{}", "elapsedtime": "{:.6f}")", stamp,
                     base::local_text(now), elapsed);
}

void DlLogger::line(const std::string& step_json, const std::string& data_json) {
  file_.append(fmt::format("{}{{{}, \"type\": \"LOG\", \"step\": {}, \"data\": {}}}\n", kHead,
                           head(), step_json, data_json));
}

void DlLogger::parameters(const std::string& object) {
  line("\"PARAMETER\"", nlohmann::ordered_json::parse(object).dump());
}

void DlLogger::unit(const std::string& metric, const std::string& unit) {
  file_.append(fmt::format(
      "{}{{{}, \"type\": \"METADATA\", \"metric\": {}, \"metadata\": {{\"unit\": {}}}}}\n", kHead,
      head(), nlohmann::json(metric).dump(), nlohmann::json(unit).dump()));
}

void DlLogger::log(int64_t epoch, int64_t step, const NamedValues& values) {
  line(fmt::format("[{}, {}]", epoch, step), json_object(values));
}

void DlLogger::summary(const NamedValues& values) { line("[]", json_object(values)); }

}  // namespace logs
