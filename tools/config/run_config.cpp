#include "tools/config/run_config.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "engine/base/text.h"
#include "tools/config/text.h"

namespace config {

double RunConfig::rate_scale(int64_t batch) const {
  int reference = train.schedule.reference_batch;
  return reference == 0 ? 1.0 : double(batch) / reference;
}

std::string RunConfig::rate_in_words(int64_t batch) const {
  const ScheduleConfig& s = train.schedule;
  if (s.reference_batch == 0) return fmt::format("lr {:.6g}", s.base_rate);
  return fmt::format("lr {:.6g} = {:.6g} x {}/{}", s.base_rate * rate_scale(batch), s.base_rate,
                     batch, s.reference_batch);
}

namespace {

constexpr const char* kUnnamed = "run";

// `file` can be the name of a run only if a config.json can hold it. Other programs need no name.
void name_after(const std::string& file, ConfigUse use, RunConfig& config) {
  if (!config.name.empty()) return;
  const bool fits = base::is_utf8(file);
  if (!fits && (use == ConfigUse::training || use == ConfigUse::resuming))
    base::fail(
        base::ExitCode::usage, "name: the run would be named ", base::printable_path(file),
        " after its configuration's file, which is not UTF-8: give another one by name=NAME");
  config.name = fits ? file : kUnnamed;
}

std::vector<ChosenKey> chosen_keys(const ConfigTable& table, const ConfigText& text) {
  std::vector<ChosenKey> chosen;
  for (const ConfigKey& key : table.keys()) {
    const bool typed = text.on_command_line(key.path);
    if (table.was_set(key.path) && (typed || key.value().dump() != key.default_json))
      chosen.push_back({key.path, text.place(key.path), typed});
  }
  return chosen;
}

RunConfig checked(config::ConfigText text, const std::vector<std::string>& overrides,
                  const std::string& name, ConfigUse use) {
  for (const std::string& assignment : overrides) text.override_with(assignment);
  RunConfig config;
  ConfigTable table = run_config_table(config, use);
  table.apply(text);
  config.chosen = chosen_keys(table, text);
  name_after(name, use, config);
  for (data::Source* source : {&config.data.train, &config.data.val}) {
    source->policy = config.data.image_policy;
    source->keep_grouping_class = config.data.keep_grouping_class;
  }
  config.data.train.prefix = "data.train.";
  config.data.val.prefix = "data.val.";
  return config;
}

}  // namespace

RunConfig load_run_config(const std::string& path, const std::vector<std::string>& overrides,
                          ConfigUse use) {
  config::ConfigText text =
      path.empty() ? config::ConfigText() : config::ConfigText::from_file(path);
  return config_of(std::move(text), overrides, path, use);
}

RunConfig config_of(config::ConfigText text, const std::vector<std::string>& overrides,
                    const std::string& path, ConfigUse use) {
  std::string stem = std::filesystem::path(path).stem().string();
  return checked(std::move(text), overrides, stem.empty() ? kUnnamed : stem, use);
}

RunConfig parse_run_config(const std::string& text, const std::string& name,
                           const std::vector<std::string>& overrides, ConfigUse use) {
  RunConfig config = checked(config::ConfigText::from_string(text, name), overrides, kUnnamed, use);
  std::erase_if(config.chosen, [](const ChosenKey& key) { return !key.typed; });
  return config;
}

std::string run_config_json(const RunConfig& config) {
  RunConfig copy = config;
  return config::config_as_json(run_config_table(copy));
}

std::string in_words(const ChangedKey& key) {
  return fmt::format("{} {} -> {}", key.path, key.before, key.now);
}

std::vector<ChangedKey> changed_keys(const RunConfig& before, const RunConfig& now) {
  RunConfig one = before, other = now;
  const config::ConfigTable old_table = run_config_table(one), table = run_config_table(other);
  std::vector<ChangedKey> changed;
  for (size_t i = 0; i < table.keys().size(); ++i) {
    const ConfigKey &was = old_table.keys()[i], &is = table.keys()[i];
    std::string old_value = was.value().dump(), value = is.value().dump();
    if (old_value != value) changed.push_back({is.path, std::move(old_value), std::move(value)});
  }
  return changed;
}

}  // namespace config
