#include "tools/eval/evaluation_page.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/base/write_file.h"
#include "tools/report/evaluation.h"
#include "tools/report/page.h"
#include "tools/run/page_facts.h"
#include "tools/run/run_folder.h"

namespace tools {
namespace {

// The environment without time and process, so that equal evaluations have equal pages.
std::string lasting_environment() {
  auto environment = nlohmann::ordered_json::parse(run::environment_json());
  environment.erase("time");
  environment.erase("process");
  return environment.dump();
}

}  // namespace

void write_evaluation_page(const std::string& path, const EvaluationPage& page) {
  report::ModelClasses classes;
  if (page.classes) classes = run::model_classes(*page.classes, page.truth);
  std::string sections =
      report::evaluation_part({.truth = page.truth,
                               .detections = page.detections,
                               .metrics = page.metrics,
                               .rule = {.limit = uint32_t(page.options.max_detections.back())},
                               .classes = classes});
  sections += report::data_section({{"", data::compute_stats(page.truth)}});
  if (page.config) sections += run::config_section(*page.config);
  sections += run::environment_section(lasting_environment(), "");
  base::create_folders(std::filesystem::path(path).parent_path());
  base::write_file(
      path, report::page_html({.title = page.title,
                               .subtitle = "on " + page.data,
                               .tiles = run::metric_tiles(page.metrics),
                               .sections = sections,
                               .closing = run::closing_line(page.title + " on " + page.data)}));
}

}  // namespace tools
