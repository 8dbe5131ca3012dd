// Trains a detector: `ssdtrain --config C.json [key.path=value ...]`.
#include <fmt/format.h>

#include <iostream>

#include "engine/config_table.h"
#include "engine/error.h"
#include "tools/command_line.h"
#include "tools/trainer.h"

namespace {

struct Arguments {
  std::string config, resume, init_from, output_dir, device, precision, help_section;
  int64_t seed = -1;
  bool deterministic = false, dry_run = false, print_config = false, help_config = false,
       markdown = false;
  std::vector<std::string> overrides, words;
};

void add_options(CLI::App& app, Arguments& a) {
  app.add_option("--config", a.config, "Configuration file (JSON with comments)")
      ->type_name("FILE");
  app.add_option("--resume", a.resume,
                 "Go on with all state: a checkpoint, a run's folder, or auto")
      ->type_name("auto|FILE");
  app.add_option("--init-from", a.init_from, "Start from the weights in this file")
      ->type_name("FILE");
  app.add_option("--output-dir", a.output_dir, "Folder of the run, instead of runs/<config>/<n>")
      ->type_name("DIR");
  app.add_option("--device", a.device, "cpu, cuda, cuda:1; default: cuda where there is one")
      ->type_name("NAME");
  app.add_option("--precision", a.precision, "fp32, tf32, bf16 or fp16")->type_name("NAME");
  app.add_option("--seed", a.seed, "Start of every random number")
      ->type_name("N")
      ->check(CLI::NonNegativeNumber);
  app.add_flag("--deterministic", a.deterministic, "Same bits in every run with the same seed");
  app.add_flag("--dry-run", a.dry_run, "One step and the memory plan; writes nothing");
  app.add_flag("--print-config", a.print_config, "Print every value and stop");
  app.add_flag("--help-config", a.help_config, "Explain the configuration's keys and stop");
  app.add_flag("--markdown", a.markdown, "With --help-config: as a Markdown page");
  app.add_option("overrides", a.overrides, "Configuration values, as train.batch_size=8")
      ->type_name("KEY=VALUE");
}

// Options are short forms of configuration keys.
std::vector<std::string> all_overrides(const Arguments& a) {
  std::vector<std::string> all = a.overrides;
  auto text = [&](const char* key, const std::string& value) {
    if (!value.empty()) all.push_back(std::string(key) + "=\"" + value + "\"");
  };
  text("checkpoint.init_from", a.init_from);
  text("output_dir", a.output_dir);
  text("train.device", a.device);
  text("train.precision", a.precision);
  if (a.seed >= 0) all.push_back("train.seed=" + std::to_string(a.seed));
  if (a.deterministic) all.push_back("train.deterministic=true");
  return all;
}

void explain_config(const Arguments& a) {
  tools::RunConfig defaults;
  const engine::ConfigTable table = tools::run_config_table(defaults);
  std::cout << (a.markdown ? engine::config_markdown(table)
                           : engine::config_help(table, a.help_section));
}

// The checkpoint to go on with; null for `auto` when the run has none yet.
std::unique_ptr<tools::ModelFile> find_resumed(const Arguments& a, const tools::RunConfig& config) {
  namespace fs = std::filesystem;
  std::vector<std::string> candidates{a.resume};
  if (a.resume == "auto") {
    const fs::path folder = tools::RunFolder::latest(config, "last.safetensors");
    if (folder.empty()) {
      std::cerr << "ssdtrain: --resume auto: no earlier run has a checkpoint; starting at step 0\n";
      return nullptr;
    }
    candidates = tools::resumable(folder.string());
  } else if (fs::is_directory(a.resume)) {
    candidates = tools::resumable(a.resume);
  }
  std::vector<std::string> complaints;
  auto file = tools::open_newest(candidates, complaints);
  for (const std::string& complaint : complaints) std::cerr << "ssdtrain: " << complaint << "\n";
  if (!file)
    engine::fail(engine::ExitCode::checkpoint, "--resume ", a.resume, ": no checkpoint there");
  if (!complaints.empty()) std::cerr << "ssdtrain: using " << file->path() << " instead\n";
  return file;
}

tools::RunConfig load_config(const Arguments& a) {
  const auto use = a.print_config ? tools::ConfigUse::any : tools::ConfigUse::training;
  if (!a.config.empty()) return tools::load_run_config(a.config, all_overrides(a), use);
  if (a.resume.empty() || a.resume == "auto")
    engine::fail(engine::ExitCode::usage, "--config is missing: which configuration? See configs/");
  auto resumed = find_resumed(a, {});
  return tools::parse_run_config(tools::run_config_json(resumed->config()), resumed->path(),
                                 all_overrides(a), use);
}

tools::RunFolder open_folder(const Arguments& a, const tools::RunConfig& config,
                             const tools::ModelFile* resumed) {
  if (!resumed) return tools::RunFolder::create(config, a.words);
  const auto folder = std::filesystem::path(resumed->path()).parent_path();
  const bool elsewhere = !config.output_dir.empty() && !std::filesystem::exists(config.output_dir);
  return elsewhere ? tools::RunFolder::create(config, a.words)
                   : tools::RunFolder::open(folder.empty() ? "." : folder.string(), a.words);
}

int train(const Arguments& a) {
  if (a.help_config) {
    explain_config(a);
    return 0;
  }
  const tools::RunConfig config = load_config(a);
  if (a.print_config) {
    std::cout << tools::run_config_json(config) << "\n";
    return 0;
  }
  const tools::StopSignal stop(config.time_budget_minutes);
  const auto resumed = a.resume.empty() ? nullptr : find_resumed(a, config);
  tools::Trainer trainer(config, resumed.get());
  if (a.dry_run) {
    trainer.dry_run();
    return 0;
  }
  const tools::RunFolder folder = open_folder(a, trainer.config(), resumed.get());
  return trainer.run(folder, stop) ? 0 : int(engine::ExitCode::stopped_early);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"", "ssdtrain"};
  Arguments arguments;
  arguments.words.assign(argv, argv + argc);
  tools::describe_program(
      app, "Trains a detector on COCO-format images and evaluates it.",
      {{"ssdtrain --config configs/shapes_demo.json", "train; the run is in runs/shapes_demo/1"},
       {"ssdtrain --config C.json train.batch_size=8 train.epochs=20", "other values"},
       {"ssdtrain --config C.json --resume auto", "go on where the last run stopped"},
       {"ssdtrain --config C.json --dry-run", "check everything, write nothing"},
       {"ssdtrain --help-config", "what can be configured"}});
  add_options(app, arguments);
  return tools::run_program(argc, argv, app,
                            std::function<int()>([&] { return train(arguments); }));
}
