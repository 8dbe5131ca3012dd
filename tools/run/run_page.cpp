#include "tools/run/run_page.h"

#include <fmt/format.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/loaded_file.h"
#include "engine/base/time_text.h"
#include "engine/base/write_file.h"
#include "tools/report/curves.h"
#include "tools/report/evaluation.h"
#include "tools/report/html.h"
#include "tools/report/page.h"
#include "tools/run/page_facts.h"

namespace run {
namespace {

using base::ExitCode, base::fail;

int64_t step_in(const std::string& metrics) {
  try {
    return nlohmann::json::parse(metrics).at("step").get<int64_t>();
  } catch (const nlohmann::json::exception&) {
    fail(ExitCode::data, "is no whole JSON object with a \"step\"");
  }
}

}  // namespace

void RunPage::show(const ModelEvaluation& result, int64_t step) noexcept {
  try {
    evaluation_ = report::section_or_reason("metrics", "Metrics",
                                            [&] { return evaluation_part(result, step); });
  } catch (...) {  // there is no memory for the reason
    evaluation_.clear();
  }
}

// The step is that of the model, or -1 if it is unknown.
std::string RunPage::evaluation_part(const ModelEvaluation& result, int64_t step) {
  best_step_ = step;
  tiles_ = metric_tiles(result.metrics);
  if (step >= 0) tiles_.emplace_back(std::to_string(step), "step of these metrics");
  return report::evaluation_part({.truth = data_.val,
                                  .detections = result.detections,
                                  .metrics = result.metrics,
                                  .classes = model_classes(data_.classes, data_.val)});
}

// Returns the text of a file of the run. If it cannot be read, or if `check` throws, returns an
// empty text and adds the reason to the warnings.
std::string RunPage::text_of(const std::string& name, std::string& warnings,
                             const std::function<void(const std::string&)>& check) const {
  constexpr uint64_t kMostBytes = 64 << 20;
  try {
    const std::string text(base::LoadedFile(folder_.file(name), kMostBytes).bytes());
    check(text);
    return text;
  } catch (const base::Error& error) {
    const std::string why = error.what();
    warnings += report::warning(why.find(name) == why.npos ? name + ": " + why : why);
    return {};
  }
}

// Computes the metrics anew from detections.json. The step can be found in metrics.json only.
std::string RunPage::earlier_evaluation() {
  ModelEvaluation earlier;
  earlier.detections = data::load_detections(folder_.file("detections.json"), data_.val).detections;
  earlier.metrics = data::evaluate(data_.val, earlier.detections,
                                   {.reference_area = config_.eval.reference_area});
  int64_t step = -1;
  std::string warnings;
  text_of("metrics.json", warnings, [&](const std::string& text) { step = step_in(text); });
  if (!warnings.empty())
    warnings += report::warning(
        "The metrics below were computed again from detections.json; their step is unknown.");
  return warnings + evaluation_part(earlier, step);
}

void RunPage::find_earlier_evaluation() {
  std::error_code none;
  const auto there = [&](const char* name) {
    return std::filesystem::exists(folder_.file(name), none);
  };
  if (!evaluation_.empty() || !(there("detections.json") || there("metrics.json"))) return;
  evaluation_ =
      report::section_or_reason("metrics", "Metrics", [this] { return earlier_evaluation(); });
}

std::string RunPage::environment() const {
  std::string warnings;
  std::string facts =
      text_of("env.json", warnings, [](const std::string& text) { report::facts_of_json(text); });
  if (facts.empty()) facts = "{}";
  const std::string commands = text_of("cmdline.txt", warnings, [](const std::string&) {});
  return warnings + environment_section(facts, commands);
}

std::string RunPage::label_section() const {
  std::vector<report::NamedStats> sets{{"training", data::compute_stats(data_.train)}};
  if (!data_.val.images.empty()) sets.push_back({"validation", data::compute_stats(data_.val)});
  return report::data_section(sets);
}

void RunPage::describe_inputs() {
  if (!inputs_.empty()) return;
  using report::section_or_reason;
  inputs_ = section_or_reason("data", "Data sets", [&] { return label_section(); }) +
            section_or_reason("config", "Configuration", [&] { return config_section(config_); }) +
            section_or_reason("environment", "Environment", [&] { return environment(); });
}

std::string RunPage::html(const Progress& progress) {
  const auto table = report::read_training_table(folder_.file("results.csv"));
  const std::string now = base::utc_text(std::chrono::system_clock::now());
  const std::string folder = folder_.path().string();
  std::string sections = report::curves_section(table, double(best_step_));
  sections += evaluation_.empty()
                  ? report::section("metrics", "Metrics",
                                    report::paragraph("There is no evaluation with a metric yet."))
                  : evaluation_;
  return report::page_html(
      {.title = folder,
       .subtitle = fmt::format("step {} of {}: {}; written {}", progress.step, progress.total_steps,
                               progress.words, now),
       .tiles = tiles_,
       .sections = sections + inputs_,
       .running = progress.running,
       .closing = closing_line(fmt::format("the run {} in {}", config_.name, folder))});
}

std::string RunPage::write(const Progress& progress) noexcept {
  std::string problem;
  try {
    find_earlier_evaluation();
    describe_inputs();
    base::write_file(folder_.file("report.html"), html(progress), base::not_durable());
  } catch (const std::exception& error) {
    problem = error.what();
  } catch (...) {
    problem = "an unknown error";
  }
  return problem.empty() ? "" : "report.html could not be written: " + problem;
}

}  // namespace run
