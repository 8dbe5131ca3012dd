#include "tools/run/evaluation_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <ostream>
#include <vector>

#include "data/metrics/detection_limit.h"
#include "data/metrics/measurable.h"
#include "engine/base/text.h"
#include "engine/base/write_file.h"
#include "tools/logs/csv_log.h"

namespace run {
namespace {

using data::CategoryMetrics;
using data::Dataset;
using data::Evaluation;

struct SummaryLine {
  bool precision;
  const char* iou;
  const char* area;
  int limit;  // index into max_detections
};
constexpr const char* kAll = "0.50:0.95";
constexpr SummaryLine kLines[] = {
    {true, kAll, "all", 2},    {true, "0.50", "all", 2},   {true, "0.75", "all", 2},
    {true, kAll, "small", 2},  {true, kAll, "medium", 2},  {true, kAll, "large", 2},
    {false, kAll, "all", 0},   {false, kAll, "all", 1},    {false, kAll, "all", 2},
    {false, kAll, "small", 2}, {false, kAll, "medium", 2}, {false, kAll, "large", 2}};

std::string cell(double value) { return value < 0 ? "-" : fmt::format("{:.3f}", value); }

// Of a table for programs, which would take -1 for a value.
std::string measured_cell(double value) { return value < 0 ? "" : fmt::format("{}", value); }

}  // namespace

void print_summary(std::ostream& out, const Evaluation& evaluation,
                   const data::EvaluationOptions& options) {
  for (size_t i = 0; i < evaluation.stats.size(); ++i) {
    const SummaryLine& line = kLines[i];
    out << fmt::format(" {:<18} {} @[ IoU={:<9} | area={:>6s} | maxDets={:>3d} ] = {:0.3f}\n",
                       line.precision ? "Average Precision" : "Average Recall",
                       line.precision ? "(AP)" : "(AR)", line.iou, line.area,
                       options.max_detections[line.limit], evaluation.stats[i]);
  }
}

void print_categories(std::ostream& out, const Evaluation& evaluation, const Dataset& truth) {
  std::vector<CategoryMetrics> rows = evaluation.categories;
  std::stable_sort(rows.begin(), rows.end(),
                   [](const CategoryMetrics& a, const CategoryMetrics& b) { return a.ap > b.ap; });
  const auto name_of = [&](const CategoryMetrics& row) {
    return base::printable(truth.categories[size_t(row.category)].name);
  };
  size_t width = 5;
  constexpr size_t kWidest = 32;
  for (const CategoryMetrics& row : rows)
    width = std::max(width, std::min(kWidest, base::letters(name_of(row))));
  out << fmt::format("{:<{}}  {:>6} {:>6} {:>6} {:>6} {:>8} {:>10}\n", "class", width, "AP", "AP50",
                     "AP75", "AR100", "objects", "detections");
  for (const CategoryMetrics& row : rows)
    out << fmt::format("{:<{}}  {:>6} {:>6} {:>6} {:>6} {:>8} {:>10}\n", name_of(row), width,
                       cell(row.ap), cell(row.ap50), cell(row.ap75), cell(row.ar), row.objects,
                       row.detections);
}

nlohmann::ordered_json evaluation_json(const Evaluation& evaluation, const Dataset& truth) {
  nlohmann::ordered_json json;
  for (size_t i = 0; i < evaluation.stats.size(); ++i)
    json[data::metric_names()[i]] = evaluation.stats[i];
  if (evaluation.stats[0] < 0) json["unmeasured"] = data::why_unmeasured(truth);
  json["images"] = evaluation.images;
  json["objects"] = evaluation.objects;
  json["detections"] = evaluation.detections;
  json["per_class"] = nlohmann::ordered_json::array();
  for (const CategoryMetrics& row : evaluation.categories) {
    const data::Category& category = truth.categories[row.category];
    json["per_class"].push_back({{"id", category.id},
                                 {"name", category.name},
                                 {"AP", row.ap},
                                 {"AP50", row.ap50},
                                 {"AP75", row.ap75},
                                 {"AR100", row.ar},
                                 {"objects", row.objects},
                                 {"crowds", row.crowds},
                                 {"detections", row.detections}});
  }
  return json;
}

void write_per_class(const std::string& path, const Evaluation& evaluation, const Dataset& truth) {
  std::string text = "id,name,AP,AP50,AP75,AR100,objects,crowds,detections\n";
  for (const CategoryMetrics& row : evaluation.categories) {
    const data::Category& category = truth.categories[row.category];
    text += fmt::format("{},{},{},{},{},{},{},{},{}\n", category.id, logs::csv_cell(category.name),
                        measured_cell(row.ap), measured_cell(row.ap50), measured_cell(row.ap75),
                        measured_cell(row.ar), row.objects, row.crowds, row.detections);
  }
  base::write_file(path, text);
}

std::string unmeasured_in_words(const Dataset& truth, const std::string& name,
                                const data::EvaluationOptions& options) {
  const std::string why = data::why_unmeasured(truth);
  if (!why.empty())
    return "warning: " + name + " cannot be measured: " + why + "; every metric is -1";
  const std::string some = options.reference_area ? "" : data::uncounted_in_words(truth);
  return some.empty() ? "" : "warning: " + name + ": " + some;
}

std::string odd_areas_in_words(const Dataset& truth, const std::string& name,
                               const data::EvaluationOptions& options) {
  const std::string odd = options.reference_area ? "" : data::odd_areas_in_words(truth);
  return odd.empty() ? "" : "note: " + name + ": " + odd;
}

std::string untrained_in_words(const data::LabelUse& use) {
  if (use.left_out() == 0) return {};
  return "note: " + base::share_in_words(use.left_out(), use.labels) +
         " objects count here, but would take no part in training: " + data::reasons_in_words(use) +
         "; `ssddata check` names them";
}

void tell_limit(const Dataset& truth, std::span<const data::Detection> detections,
                const data::EvaluationOptions& options, std::ostream& log) {
  const std::string words = data::limit_in_words(truth, detections, options.max_detections.back());
  if (!words.empty()) log << "ssdeval: note: " << words << std::endl;
}

void report(const ReportRequest& request, const Evaluation& evaluation,
            const data::EvaluationOptions& options, const Dataset& truth, std::ostream& out) {
  if (request.json) {
    out << evaluation_json(evaluation, truth)
               .dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
        << "\n";
  } else {
    print_summary(out, evaluation, options);
    out << "\n";
    print_categories(out, evaluation, truth);
  }
  out.flush();
  if (request.per_class.empty()) return;  // if it cannot be written, the metrics are not lost
  base::create_folders(std::filesystem::path(request.per_class).parent_path());
  write_per_class(request.per_class, evaluation, truth);
}

}  // namespace run
