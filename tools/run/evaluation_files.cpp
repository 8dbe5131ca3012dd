#include "tools/run/evaluation_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/base/error.h"
#include "engine/base/loaded_file.h"
#include "engine/base/set_aside.h"
#include "engine/base/write_file.h"
#include "tools/run/evaluate_model.h"

namespace run {
namespace {

namespace fs = std::filesystem;

class EvaluationFiles {
 public:
  EvaluationFiles(const RunFolder& folder, const config::EvalConfig& rules,
                  const BestEvaluation& best, const std::string& metric, const data::Dataset& val)
      : folder_(folder),
        rules_(rules),
        best_(best),
        which_(data::metric_index(metric)),
        metric_(data::metric_names()[which_]),
        val_(val) {}

  std::vector<std::string> mend() {
    if (best_.step == 0 || !any_exists()) return {};
    try {
      look_at_metrics();
      look_at_classes();
      read_detections();
      if (!metrics_problem_.empty() || !classes_problem_.empty())
        gives_best() ? write_all() : write_known();
    } catch (const base::Error& error) {
      lines_.push_back(error.what());
    }
    return lines_;
  }

 private:
  bool exists(const char* name) const {
    std::error_code unknown;
    return fs::exists(folder_.file(name), unknown);
  }
  bool any_exists() const {
    return exists("best.safetensors") || exists("metrics.json") || exists("detections.json");
  }

  // The text of a file. If it is missing or empty, `problem` says so.
  std::string text_of(const char* name, std::string& problem) const {
    constexpr uint64_t kMostBytes = 64 << 20;
    if (!exists(name)) {
      problem = "missing";
      return {};
    }
    try {
      std::string text(base::LoadedFile(folder_.file(name), kMostBytes).bytes());
      if (text.empty()) problem = "empty";
      return text;
    } catch (const base::Error& error) {
      problem = fmt::format("unreadable ({})", error.what());
      return {};
    }
  }

  void look_at_metrics() {
    const std::string text = text_of("metrics.json", metrics_problem_);
    if (!metrics_problem_.empty()) return;
    const auto json = nlohmann::json::parse(text, nullptr, false);
    const auto number = [&](const std::string& key) {
      return json.is_object() && json.contains(key) && json[key].is_number();
    };
    if (!number("step") || !number(metric_)) {
      metrics_problem_ =
          fmt::format("damaged (no whole JSON object with \"step\" and \"{}\")", metric_);
      return;
    }
    const double step = json["step"].get<double>();
    if (step > double(best_.step)) return leave_later(step);
    if (step < double(best_.step))
      lines_.push_back(
          fmt::format("metrics.json and its detections are of step {}, but the best evaluation so "
                      "far was after "
                      "step {}; they stay until a better one, and {} computes those of step {}",
                      step, best_.step, command(), best_.step));
  }

  // The run went back to before the evaluation whose files these are.
  void leave_later(double step) {
    const std::string ending = fmt::format("of_step_{:.0f}", step);
    for (const char* name : kEvaluationFiles)
      if (exists(name)) base::set_aside(folder_.file(name), ending);
    lines_.push_back(
        fmt::format("metrics.json and the other files of that evaluation are of step {:.0f}, later "
                    "than the best one of this run: their names now end in .{}",
                    step, ending));
    metrics_problem_ = "missing";
  }

  void look_at_classes() {
    const std::string text = text_of("per_class.csv", classes_problem_);
    if (classes_problem_.empty() && (!text.starts_with("id,") || !text.ends_with('\n')))
      classes_problem_ = "damaged (not a table that begins with \"id,\" and ends with its line)";
  }

  void read_detections() {
    std::string problem = exists("detections.json") ? "" : "missing";
    try {
      if (problem.empty())
        detections_ = data::load_detections(folder_.file("detections.json"), val_).detections;
    } catch (const base::Error& error) {
      problem = fmt::format("damaged ({})", error.what());
    }
    if (!problem.empty()) tell("detections.json", problem, "it is written at the next better one");
  }

  // Whether detections.json gives the metric that the checkpoint knows. It may not: that metric may
  // have been computed on other data or by other rules.
  bool gives_best() {
    if (!detections_) return false;
    constexpr double kRounding = 1e-9;
    result_.detections = *detections_;
    result_.metrics =
        data::evaluate(val_, result_.detections, {.reference_area = rules_.reference_area});
    return std::abs(result_.metrics.stats[which_] - best_.metric) <= kRounding;
  }

  void write_all() {
    const char* const what = "it was written anew from detections.json";
    if (!metrics_problem_.empty()) tell("metrics.json", metrics_problem_, what);
    if (!classes_problem_.empty()) tell("per_class.csv", classes_problem_, what);
    write_evaluation(folder_.path().string(), kBestEvaluation, result_, val_, best_.step);
  }

  void write_known() {
    if (!classes_problem_.empty())
      tell("per_class.csv", classes_problem_, "it is written at the next better one");
    if (metrics_problem_.empty()) return;
    tell("metrics.json", metrics_problem_,
         fmt::format("it now has only what the checkpoint knows, and {} computes the rest",
                     command()));
    constexpr auto kReplace = nlohmann::ordered_json::error_handler_t::replace;
    const nlohmann::ordered_json known{
        {metric_, best_.metric},
        {"step", best_.step},
        {"incomplete", "the other metrics were lost: " + command() + " computes them"}};
    base::write_file(folder_.file("metrics.json"), known.dump(2, ' ', false, kReplace) + "\n");
  }

  std::string command() const {
    return "ssdeval --checkpoint " + shell_words({folder_.file("best.safetensors")});
  }

  // Adds a line that says what is wrong with a file and what becomes of it. If the file is not
  // empty, keeps it under another name.
  void tell(const char* name, const std::string& problem, const std::string& what) {
    std::string line = fmt::format("{} of the best evaluation is {}; {}", name, problem, what);
    std::error_code unknown;
    const fs::path path = folder_.file(name);
    if (fs::is_regular_file(path, unknown) && fs::file_size(path, unknown) > 0)
      line += "; the file as it was is " +
              fs::path(base::set_aside(path.string(), "damaged")).filename().string();
    lines_.push_back(line);
  }

  const RunFolder& folder_;
  const config::EvalConfig& rules_;
  const BestEvaluation& best_;
  const size_t which_;  // the metric of train.early_stopping.metric, and its name in metrics.json
  const std::string& metric_;
  const data::Dataset& val_;
  std::string metrics_problem_, classes_problem_;
  std::optional<std::vector<data::Detection>> detections_;
  ModelEvaluation result_;
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> mend_evaluation(const RunFolder& folder, const config::EvalConfig& rules,
                                         const BestEvaluation& best, const std::string& metric,
                                         const data::Dataset& val) {
  return EvaluationFiles(folder, rules, best, metric, val).mend();
}

}  // namespace run
