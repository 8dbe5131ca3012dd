#include "tools/run/page_facts.h"

#include <sstream>

#include "engine/base/version.h"
#include "tools/report/html.h"
#include "tools/report/page.h"

namespace run {

std::vector<std::pair<std::string, std::string>> metric_tiles(const data::Evaluation& e) {
  return {{report::metric(e.stats[0]), "mAP"},
          {report::metric(e.stats[1]), "mAP50"},
          {report::metric(e.stats[2]), "mAP75"},
          {report::metric(e.stats[8]), "AR100"}};
}

std::string config_section(const config::RunConfig& config) {
  std::vector<report::Fact> changed;
  for (const config::ChangedKey& key : config::changed_keys(config::RunConfig(), config))
    changed.push_back({key.path, key.now});
  return report::facts_section("config", "Configuration",
                               "Values that differ from the defaults:", changed,
                               report::facts_of_json(config::run_config_json(config)));
}

std::string environment_section(const std::string& environment, const std::string& commands) {
  std::vector<report::Fact> lines;
  std::istringstream text(commands);
  for (std::string line; std::getline(text, line);) lines.push_back({"", line});
  return report::facts_section("environment", "Environment", "Commands:", lines,
                               report::facts_of_json(environment));
}

report::ModelClasses model_classes(const ClassList& model, const data::Dataset& data) {
  report::ModelClasses classes;
  for (const int column : model.columns_of(data)) classes.knows.push_back(column >= 0);
  const std::vector<int> categories = model.categories_of(data);
  for (const ModelClass& c : model.list())
    if (categories[size_t(c.column)] < 0) classes.without_data.push_back(c.name);
  return classes;
}

std::string closing_line(const std::string& what) {
  return "This is the report of " + what + ". ssd320 " + base::version_parts().front().second +
         " has written it.";
}

}  // namespace run
