#include "tools/run/run_page.h"

#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/base/time_text.h"
#include "engine/base/write_file.h"
#include "tools/report/curves.h"
#include "tools/report/evaluation.h"
#include "tools/report/html.h"
#include "tools/report/page.h"
#include "tools/run/page_facts.h"

namespace run {
namespace {

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

void RunPage::show(const ModelEvaluation& result, int64_t step) {
  best_step_ = step;
  tiles_ = metric_tiles(result.metrics);
  tiles_.emplace_back(std::to_string(step), "step of these metrics");
  try {
    evaluation_ = report::evaluation_part({data_.val, result.detections, result.metrics});
  } catch (const std::exception& error) {
    evaluation_ = report::paragraph(error.what(), "warn");
  }
}

void RunPage::find_earlier_evaluation() {
  std::error_code none;
  const std::string detections = folder_.file("detections.json");
  if (!evaluation_.empty() || !std::filesystem::exists(detections, none)) return;
  const auto metrics = nlohmann::json::parse(text_of(folder_.file("metrics.json")));
  ModelEvaluation earlier;
  earlier.detections = data::load_detections(detections, data_.val).detections;
  earlier.metrics = data::evaluate(data_.val, earlier.detections,
                                   {.reference_area = config_.eval.reference_area});
  show(earlier, metrics.at("step").get<int64_t>());
}

void RunPage::describe_inputs() {
  if (!inputs_.empty()) return;
  inputs_ =
      report::data_section(&data_.train, data_.val) + config_section(config_) +
      environment_section(text_of(folder_.file("env.json")), text_of(folder_.file("cmdline.txt")));
}

std::string RunPage::html(const Progress& progress) {
  const auto table = report::read_training_table(folder_.file("results.csv"));
  const std::string now = base::utc_text(std::chrono::system_clock::now());
  std::string sections = report::curves_section(table, double(best_step_));
  sections += evaluation_.empty()
                  ? report::section("metrics", "Metrics",
                                    report::paragraph("There is no evaluation with a metric yet."))
                  : evaluation_;
  return report::page_html({.title = folder_.path().string(),
                            .subtitle = fmt::format("step {} of {}: {}; written {}", progress.step,
                                                    progress.total_steps, progress.words, now),
                            .tiles = tiles_,
                            .sections = sections + inputs_,
                            .running = progress.running});
}

std::string RunPage::write(const Progress& progress) {
  try {
    find_earlier_evaluation();
    describe_inputs();
    base::write_file(folder_.file("report.html"), html(progress), base::not_durable());
    return {};
  } catch (const std::exception& error) {
    return std::string("report.html could not be written: ") + error.what();
  }
}

}  // namespace run
