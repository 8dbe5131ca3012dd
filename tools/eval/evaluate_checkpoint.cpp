#include "tools/eval/evaluate_checkpoint.h"

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "data/check/image_lookup.h"
#include "data/check/label_remarks.h"
#include "data/fingerprint.h"
#include "data/formats/source_files.h"
#include "data/metrics/detection_limit.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/output_guard.h"
#include "engine/base/text.h"
#include "engine/base/write_file.h"
#include "tools/command_line.h"
#include "tools/config/fruitless_keys.h"
#include "tools/config/idle_keys.h"
#include "tools/config/start_folder.h"
#include "tools/config/text.h"
#include "tools/eval/evaluation_page.h"
#include "tools/run/checkpoint_files.h"
#include "tools/run/evaluate_model.h"
#include "tools/run/loaded_model.h"
#include "tools/run/resume_changes.h"
#include "tools/run/run_options.h"
#include "tools/run/throughput.h"

namespace tools {
namespace {

using base::ExitCode, base::fail;

// The device and its memory belong to the machine of the training, not to the model.
std::string portable_config(config::RunConfig config) {
  const config::TrainConfig defaults;
  config.train.device = defaults.device;
  config.train.threads = defaults.threads;
  config.train.memory_gib = defaults.memory_gib;
  config.data.threads = config::DataConfig().threads;
  return config::run_config_json(config);
}

config::RunConfig evaluation_config(const CheckpointEvaluation& job, const run::ModelFile& file) {
  for (const std::string& assignment : job.overrides)
    if (assignment.starts_with("model."))
      fail(ExitCode::usage, assignment, ": the model is the checkpoint's and cannot be changed");
  const config::ConfigUse use =
      job.input.source.given() ? config::ConfigUse::any : config::ConfigUse::evaluation;
  config::RunConfig config = job.config.empty()
                                 ? config::parse_run_config(portable_config(file.config()),
                                                            file.path(), job.overrides, use)
                                 : config::load_run_config(job.config, job.overrides, use);
  if (job.input.source.given()) {
    config.data.val = job.input.with_policy(config.data.image_policy);
    config.data.label_map = job.input.source.label_map;
  } else {
    config.data.val.policy = job.input.with_policy(config.data.val.policy).policy;
  }
  if (!job.device.empty()) config.train.device = job.device;
  if (job.threads > 0) config.train.threads = config.data.threads = job.threads;
  return config;
}

// Says, if data is missing, that the user has not named it: it may have moved since the training.
data::Dataset load_data(const CheckpointEvaluation& job, const run::ModelFile& file,
                        const config::RunConfig& config) {
  try {
    return run::load_dataset(config.data.val, config.data.label_map, &file.classes());
  } catch (const base::Error& error) {
    const bool named = job.input.source.given() || !job.config.empty() ||
                       std::any_of(job.overrides.begin(), job.overrides.end(),
                                   [](const auto& o) { return o.starts_with("data.val."); });
    if (named || (!base::leads_to_nothing(config.data.val.path()) &&
                  !base::leads_to_nothing(config.data.val.images)))
      throw;
    fail(error.code(), error.what(),
         "; this path is from the configuration in the checkpoint: give --annotations and --images "
         "(or another format's option), or --config, if the data lies elsewhere now");
  }
}

// Says which parts of the data do not count, or could not be learnt. Throws Error(data) if the
// model has none of the classes, or if two classes have one name.
void tell_about_data(const run::ClassList& classes, const data::Dataset& dataset,
                     const config::RunConfig& config, data::EvaluationOptions evaluation,
                     std::ostream& log) {
  evaluation.reference_area |= config.eval.reference_area;
  run::refuse_same_names(dataset);
  const std::string name = config.data.val.path();
  std::string unknown = run::unknown_classes_in_words(classes, dataset, name);
  if (!unknown.empty()) unknown = "warning: " + unknown;
  std::string missing = run::missing_classes_in_words(classes, dataset, name);
  if (!missing.empty()) missing = "warning: " + missing;
  data::GroundTruthOptions options{.overshoot = config.data.sample.ground_truth.overshoot,
                                   .class_columns = classes.columns_of(dataset)};
  const data::LabelUse use = data::count_labels(dataset, options, config.data.sample.max_boxes);
  std::string crowded = data::crowded_in_words(dataset, config.eval.nms.max_total);
  if (!crowded.empty())
    crowded = "note: the model gives at most eval.max_total=" +
              std::to_string(config.eval.nms.max_total) + " boxes of an image: " + crowded;
  std::vector<std::string> remarks = data::label_remarks(name, dataset);
  for (const std::string& remark :
       {unknown, missing, run::unmeasured_in_words(dataset, name, evaluation),
        run::odd_areas_in_words(dataset, name, evaluation), run::untrained_in_words(use), crowded})
    if (!remark.empty()) remarks.push_back(remark);
  for (const std::string& remark : remarks)
    log << "ssdeval: " << base::printable(remark) << std::endl;
}

// Says which values count otherwise than the user may think.
void tell_about_config(const CheckpointEvaluation& job, const run::ModelFile& file,
                       const config::RunConfig& config, std::ostream& log) {
  std::vector<std::string> lines = run::evaluated_otherwise(file, config);
  for (auto& notes : {config::idle_in_evaluation(config, !job.input.source.given()),
                      config::fruitless_in_evaluation(config)})
    lines.insert(lines.end(), notes.begin(), notes.end());
  for (const std::string& line : lines) log << "ssdeval: " << base::printable(line) << std::endl;
}

// The metrics on the images of the training say little about others.
void tell_trained_on(const run::ModelFile& file, const data::Dataset& dataset,
                     const data::FileLookup& files, int threads, std::ostream& log) {
  const data::Fingerprint& trained = file.state().train;
  if (trained.known() && trained == data::fingerprint_of(dataset, threads, files.contents))
    log << "ssdeval: note: these are the images and labels on which the checkpoint was trained, so "
           "the metrics say little about others"
        << std::endl;
}

// Refuses images that cannot be used, before the model takes time. If the configuration allows
// skipping, it refuses them only if no image can be used.
void refuse_unusable(const data::FileLookup& files, const config::RunConfig& config) {
  const bool skip = config.data.sample.image_errors == data::ImageErrorPolicy::skip;
  if (files.unusable == 0 || (skip && files.unusable < files.images)) return;
  fail(ExitCode::data, files.first_problem(), "; ",
       base::share_in_words(files.unusable, files.images), " images cannot be used: ",
       files.unusable == files.images && config.data.val.tfrecords.empty()
           ? "is their folder right (" + config.data.val.option("images") + ")?"
           : "mend them, or leave them out of the data");
}

base::OutputLocks check_outputs(const CheckpointEvaluation& job, const std::string& checkpoint,
                                const config::RunConfig& config, const data::Dataset& dataset) {
  base::OutputGuard guard(job.overwrite);
  guard.add("--save-detections", job.save_detections);
  guard.add("--per-class", job.report.per_class);
  guard.add("--report", job.report.page);
  std::vector<std::string> inputs = data::files_of(config.data.val, dataset);
  if (!job.config.empty())
    for (const std::string& file : config::ConfigText::from_file(job.config).files())
      inputs.push_back(file);
  for (const std::string& file : {checkpoint, config.data.label_map}) inputs.push_back(file);
  return guard.take(inputs);
}

void write_files(const CheckpointEvaluation& job, const std::string& checkpoint,
                 const config::RunConfig& config, const run::ClassList& classes,
                 const data::Dataset& dataset, const run::ModelEvaluation& result) {
  if (!job.save_detections.empty()) {
    base::create_folders(std::filesystem::path(job.save_detections).parent_path());
    data::write_detections(job.save_detections, result.detections, dataset);
  }
  if (!job.report.page.empty())
    write_evaluation_page(job.report.page, {.title = checkpoint,
                                            .data = config.data.val.path(),
                                            .truth = dataset,
                                            .detections = result.detections,
                                            .metrics = result.metrics,
                                            .options = job.options,
                                            .config = &config,
                                            .classes = &classes});
}

}  // namespace

void evaluate_checkpoint(const CheckpointEvaluation& job, std::ostream& out, std::ostream& log) {
  const std::string checkpoint = run::checkpoint_file(job.checkpoint, "ssdeval");
  const run::ModelFile file = run::open_checkpoint(checkpoint);
  const config::RunConfig config = evaluation_config(job, file);
  tell_about_config(job, file, config, log);
  data::Dataset dataset = load_data(job, file, config);
  job.input.require_images(dataset, "--checkpoint");
  const base::OutputLocks locks = check_outputs(job, checkpoint, config, dataset);
  const data::FileLookup files = data::look_up_images(dataset, config.data.threads);
  refuse_unusable(files, config);
  if (files.frames.oriented > 0) log << "ssdeval: " << files.frames.in_words() << std::endl;
  for (const std::string& line : files.odd.in_words()) log << "ssdeval: " << line << std::endl;
  tell_about_data(file.classes(), dataset, config, job.options, log);
  tell_trained_on(file, dataset, files, config.data.threads, log);
  const config::TrainConfig& train = config.train;
  run::LoadedModel model(file, {.device = train.device,
                                .threads = train.threads,
                                .memory_gib = train.memory_gib,
                                .precision = train.precision});
  const int batch = config.eval.batch_size > 0 ? config.eval.batch_size : train.batch_size;
  run::Inference& inference =
      model.prepare(std::min<int>(batch, int(dataset.images.size())), config.eval, config.data);
  // The loader's pictures have to be of the model's size, not of the configuration's.
  config::RunConfig loading = config;
  loading.model = model.config().model;
  const run::ModelEvaluation result = run::evaluate_model(
      inference, loading, dataset, model.classes(), job.options, nullptr,
      {.say = [&](const std::string& line) { log << "ssdeval: " + line << std::endl; }});
  run::tell_limit(dataset, result.detections, job.options, log);
  if (const std::string nothing = run::nothing_found_in_words(result, config.eval);
      !nothing.empty())
    log << "ssdeval: note: " << nothing << std::endl;
  if (result.unreadable > 0)
    log << "ssdeval: warning: " << base::counted(result.unreadable, "unreadable image")
        << (result.unreadable == 1 ? " was" : " were") << " left out" << std::endl;
  run::report(job.report, result.metrics, job.options, dataset, out);
  // Files come last: if one cannot be written, the metrics are not lost.
  write_files(job, checkpoint, config, model.classes(), dataset, result);
  const size_t read = dataset.images.size() - size_t(result.unreadable);
  log << "ssdeval: " << run::speed_in_words(read, result.seconds) << ", with reading" << std::endl;
}

}  // namespace tools
