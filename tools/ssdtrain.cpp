// Trains a detector: `ssdtrain --config C.json [key.path=value ...]`.
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <set>

#include "engine/base/error.h"
#include "engine/base/tell.h"
#include "engine/base/text.h"
#include "engine/precision.h"
#include "tools/command_line.h"
#include "tools/config/fruitless_keys.h"
#include "tools/config/idle_keys.h"
#include "tools/config/pipeline.h"
#include "tools/config/pipeline_page.h"
#include "tools/config/table.h"
#include "tools/config/text.h"
#include "tools/ranks/local_ranks.h"
#include "tools/ranks/rank_meeting.h"
#include "tools/ranks/rank_voice.h"
#include "tools/run/rank_place.h"
#include "tools/run/rank_start.h"
#include "tools/run/resumed_run.h"
#include "tools/run/trainer.h"

namespace {

struct Arguments {
  std::string config, pipeline, resume, init_from, output_dir, device, precision;
  std::optional<int64_t> seed;
  std::optional<int> ranks;
  bool deterministic = false, dry_run = false, print_config = false, help_config = false,
       markdown = false, help_pipeline = false;
  std::vector<std::string> overrides, words;
  char** argv = nullptr;
};

void add_options(tools::Options& opts, Arguments& a) {
  opts.add("--config FILE", a.config, "Configuration file (JSON with comments)");
  opts.add("--from-pipeline FILE", a.pipeline,
           "Configuration of the original: a pipeline.config of the Object Detection API");
  opts.add("--resume auto|PATH", a.resume,
           "Continue a run: auto (the latest one), its folder, or one of its checkpoints");
  opts.add("--init-from FILE|DIR", a.init_from,
           "Start from the weights in this file, or of this run's folder");
  opts.add("--output-dir DIR", a.output_dir, "Folder of the run, instead of runs/<config>/<n>");
  opts.add("--device " + tools::device_values(), a.device,
           "The CPU or a GPU; default: a GPU where there is one");
  opts.add("--precision", a.precision, "What the step is computed in")
      .one_of(engine::precision_names());
  opts.add("--ranks N", a.ranks, "Processes that train together; started on this machine [1]")
      .between(1, 4096);
  opts.add("--seed N", a.seed, "Seed of all random numbers [1]").seed_range();
  opts.add("--deterministic", a.deterministic,
           "Give the same bits in every run with the same seed");
  const tools::Option dry_run =
      opts.add("--dry-run", a.dry_run, "Run one step and print the memory plan; write nothing");
  opts.add("--print-config", a.print_config, "Print every value and stop").excludes(dry_run);
  const tools::Option help_config =
      opts.add("--help-config", a.help_config,
               "Explain the configuration's keys, or those of one section, and stop");
  opts.add("--markdown", a.markdown, "With --help-config: print a Markdown page")
      .needs(help_config);
  opts.add("--help-pipeline", a.help_pipeline,
           "Print, as Markdown, what each field of a pipeline.config becomes, and stop");
  opts.add("overrides KEY=VALUE", a.overrides, "Configuration values, such as train.batch_size=8");
}

constexpr const char* kInitFrom = "checkpoint.init_from=";

// Whether a run with weights of its own is resumed for certain. With --resume auto, there may be
// none.
bool goes_on(const Arguments& a) { return !a.resume.empty() && a.resume != "auto"; }

// Refuses an empty `checkpoint.init_from=`. Most likely a variable of the shell is not set, and the
// run would start from random weights, which is not what the user meant.
void refuse_empty_weights(const Arguments& a) {
  for (const std::string& override : a.overrides)
    if (override == kInitFrom && !goes_on(a))
      base::fail(base::ExitCode::usage, override,
                 " is empty: is a variable not set? Write checkpoint.init_from='\"\"' for none");
}

// The overrides and the options, which are short forms of configuration keys.
std::vector<std::string> all_overrides(const Arguments& a) {
  refuse_empty_weights(a);
  std::vector<std::string> all = a.overrides;
  auto text = [&](const char* key, const std::string& value, const char* option) {
    if (!value.empty()) all.push_back(config::text_assignment(key, value, option));
  };
  text("checkpoint.init_from", a.init_from, "--init-from");
  text("output_dir", a.output_dir, "--output-dir");
  text("train.device", a.device, "--device");
  text("train.precision", a.precision, "--precision");
  if (a.ranks) all.push_back("ranks.count=" + std::to_string(*a.ranks));
  if (a.seed) all.push_back("train.seed=" + std::to_string(*a.seed));
  if (a.deterministic) all.push_back("train.deterministic=true");
  return all;
}

// An option that answers a question and stops, and what has an effect beside it.
struct Answer {
  const char* option;
  bool Arguments::*given;
  std::set<std::string> beside;
};
const Answer kAnswers[] = {
    {"--markdown", &Arguments::markdown, {"--help-config"}},
    {"--help-config", &Arguments::help_config, {"--markdown", "overrides"}},
    {"--help-pipeline", &Arguments::help_pipeline, {}},
};

void refuse_beside_answers(const tools::Options& opts, const Arguments& a) {
  for (const Answer& answer : kAnswers)
    for (const std::string& name : opts.names_given())
      if (a.*answer.given && name != answer.option && !answer.beside.contains(name))
        base::fail(base::ExitCode::usage, name == "overrides" ? a.overrides.front() : name,
                   " has no effect with ", answer.option, ": leave it out");
}

void explain_config(const Arguments& a) {
  config::RunConfig defaults;
  const config::ConfigTable table = config::run_config_table(defaults);
  if (a.markdown) std::cout << config::config_markdown(table);
  if (!a.markdown && a.overrides.empty()) std::cout << config::config_help(table);
  for (const std::string& part : a.overrides) std::cout << config::config_help(table, part);
}

// Without --config, the configuration and the folder are those of the resumed checkpoint.
config::RunConfig resumed_config(const Arguments& a, const run::ModelFile& file,
                                 config::ConfigUse use) {
  std::vector<std::string> overrides = all_overrides(a);
  const bool elsewhere =
      std::any_of(overrides.begin(), overrides.end(),
                  [](const std::string& override) { return override.starts_with("output_dir="); });
  auto config =
      config::parse_run_config(config::run_config_json(file.config()), file.path(), overrides, use);
  if (elsewhere) return config;
  config.output_dir = run::folder_of(file);
  if (!base::is_utf8(config.output_dir))
    config.output_dir.clear();  // it goes on there all the same
  return config;
}

struct Job {
  config::RunConfig config;
  run::ResumedRun resumed;
  std::vector<std::string> ignored;  // fields of a configuration of the original
};

// The configuration that the command line names.
void load_config(const Arguments& a, config::ConfigUse use, Job& job) {
  if (a.pipeline.empty()) {
    job.config = config::load_run_config(a.config, all_overrides(a), use);
    return;
  }
  if (!a.config.empty())
    base::fail(base::ExitCode::usage, "--config and --from-pipeline are both given: keep one");
  config::PipelineConfig read = config::load_pipeline_config(a.pipeline, all_overrides(a), use);
  job.config = std::move(read.config);
  job.ignored = std::move(read.ignored);
}

// Refuses initial weights for a run that is resumed for certain. With --resume auto they make
// sense: they are for the case that no run has begun.
void refuse_both_weights(const Arguments& a) {
  if (!goes_on(a)) return;
  std::string given = a.init_from.empty() ? "" : "--init-from";
  for (const std::string& override : a.overrides)
    if (override.starts_with(kInitFrom) && override != kInitFrom &&
        override != std::string(kInitFrom) + "\"\"")
      given = override;
  if (!given.empty())
    base::fail(base::ExitCode::usage, given, " and --resume ", a.resume,
               " are both given, but a run that goes on has its own weights: keep one");
}

[[noreturn]] void refuse_without_config(const Arguments& a) {
  if (a.resume == "auto")
    base::fail(base::ExitCode::usage,
               "--resume auto goes on with the latest run of a configuration: give that, too, with "
               "--config; --resume FOLDER needs none");
  base::fail(base::ExitCode::usage, "--config is missing: which configuration? See configs/");
}

Job load_job(const Arguments& a) {
  refuse_both_weights(a);
  const auto use = a.print_config     ? config::ConfigUse::any
                   : a.resume.empty() ? config::ConfigUse::training
                                      : config::ConfigUse::resuming;
  Job job;
  if (!a.config.empty() || !a.pipeline.empty()) {
    load_config(a, use, job);
    if (use != config::ConfigUse::resuming) return job;
    job.resumed = run::find_resumed(a.resume, job.config);
    if (!job.resumed.file) load_config(a, config::ConfigUse::training, job);  // it starts anew
    return job;
  }
  if (a.resume.empty() || a.resume == "auto") refuse_without_config(a);
  job.resumed = run::find_resumed(a.resume, {});
  job.config = resumed_config(a, *job.resumed.file, use);
  return job;
}

void say_ignored(const Job& job) {
  for (const std::string& line : job.ignored)
    std::cerr << "ssdtrain: " + base::printable(line) + "\n";
}

// Takes the number of ranks from the launcher. If the user has asked for another number, refuses.
void take_rank_count(const Arguments& a, const engine::RankPlace& place,
                     config::RunConfig& config) {
  const bool named = !a.config.empty() || !a.pipeline.empty();
  const int wanted = !named && !a.ranks ? 1 : config.ranks.count;
  if (wanted > 1 && wanted != place.size)
    base::fail(base::ExitCode::usage, "ranks.count=", wanted, ", but the launcher has started ",
               place.size, " ranks: leave --ranks and ranks.count away, or start as many");
  config.ranks.count = place.size;
}

// Trains in this process. `device` is that of one of several ranks, or empty. The run's files keep
// train.device as it was given, because it is for all ranks.
int train_as(const Arguments& a, const Job& job, engine::Collectives* ranks,
             const std::string& device = "") {
  run::check_folder(job.config, job.resumed, engine::rank_of(ranks) == 0);
  const run::StopSignal stop(job.config.time_budget_minutes);
  run::Trainer trainer(job.config, job.resumed.file.get(), ranks, device);
  if (engine::rank_of(ranks) == 0)
    run::check_room(trainer.config(), job.resumed, trainer.checkpoint_bytes());
  if (a.dry_run) {
    trainer.dry_run();
    return 0;
  }
  std::optional<run::RunFolder> folder;
  if (engine::rank_of(ranks) == 0)
    folder.emplace(a.resume.empty() ? run::RunFolder::create(trainer.config(), a.words)
                                    : run::open_resumed(trainer.config(), job.resumed, a.words));
  const bool ended = trainer.run(folder ? &*folder : nullptr, stop);
  return ended ? 0 : int(base::ExitCode::stopped_early);
}

// Trains as one of several ranks, each of which is a process.
int train_as_rank(const Arguments& a, const engine::RankPlace& place) {
  Job job;
  std::string device;
  try {
    const tools::QuietRank quiet(place.rank);
    job = load_job(a);
    take_rank_count(a, place, job.config);
    device = run::device_of_rank(job.config.train.device, place, engine::cuda_devices());
  } catch (const base::Error& error) {
    return tools::end_ranks_before_meeting(place, error);
  }
  if (place.rank == 0) say_ignored(job);
  const std::unique_ptr<engine::Collectives> ranks =
      tools::meet_ranks(place, job.config.ranks.timeout_seconds, device != "cpu");
  return tools::run_with_ranks(*ranks, [&] {
    const tools::QuietRank quiet(place.rank);
    run::check_equal_job(*ranks, a.dry_run);
    return train_as(a, job, ranks.get(), device);
  });
}

int train(const tools::Options& opts, const Arguments& a) {
  refuse_beside_answers(opts, a);
  if (a.help_config) {
    explain_config(a);
    return 0;
  }
  if (a.help_pipeline) {
    std::cout << config::pipeline_markdown();
    return 0;
  }
  const auto place =
      a.print_config ? std::nullopt
                     : run::place_of_launcher([](const char* name) { return std::getenv(name); });
  if (place) return train_as_rank(a, *place);
  const Job job = load_job(a);
  if (job.config.ranks.count > 1 && !a.print_config)
    return tools::run_local_ranks(job.config.ranks.count, a.argv);
  say_ignored(job);
  if (!a.print_config) return train_as(a, job, nullptr);
  for (const auto& notes :
       {config::idle_in_training(job.config), config::fruitless_in_training(job.config)})
    for (const std::string& note : notes) base::tell(note);
  std::cout << config::run_config_json(job.config) << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  tools::handle_lack_of_memory();
  Arguments arguments;
  arguments.words.assign(argv, argv + argc);
  arguments.argv = argv;
  tools::Program program(
      "ssdtrain", "Trains a detector on labelled images and evaluates it.",
      {{"ssdtrain --config configs/shapes_demo.json", "train; the run is in runs/shapes_demo/1"},
       {"ssdtrain --config C.json train.batch_size=8 train.epochs=20",
        "change values of the configuration"},
       {"ssdtrain --config C.json --resume auto", "continue the latest run where it stopped"},
       {"ssdtrain --config C.json --ranks 4", "train with four processes, each on its share"},
       {"ssdtrain --config C.json --dry-run", "check everything, write nothing"},
       {"ssdtrain --from-pipeline P.config --print-config", "the original's configuration as ours"},
       {"ssdtrain --help-config", "all keys of a configuration"}});
  add_options(program, arguments);
  return tools::run_program(argc, argv, program,
                            std::function<int()>([&] { return train(program, arguments); }));
}
