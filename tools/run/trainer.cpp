#include "tools/run/trainer.h"

#include <fmt/format.h>
#include <omp.h>

#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/ranges.h"
#include "tools/run/evaluation_files.h"
#include "tools/run/machine_share.h"
#include "tools/run/resume_changes.h"
#include "tools/run/resumed_run.h"
#include "tools/run/run_options.h"
#include "tools/run/run_report.h"
#include "tools/run/training_samples.h"

namespace run {

using base::ExitCode, base::fail;

namespace {

// The configuration with the number of classes filled in.
config::RunConfig with_classes(config::RunConfig config, const ClassList& classes) {
  config.model.options.classes = classes.classes();
  return config;
}

config::RunConfig on_device(config::RunConfig config, const std::string& device) {
  if (!device.empty()) config.train.device = device;
  return config;
}

int64_t images(const data::Dataset& dataset) { return int64_t(dataset.images.size()); }

}  // namespace

Trainer::Trainer(const config::RunConfig& config, const ModelFile* resumed,
                 engine::Collectives* ranks, const std::string& device)
    : ranks_(ranks),
      data_(load_training_data(config, resumed)),
      config_(with_classes(config, data_.classes)),
      own_(part_of_machine(on_device(config_, device), engine::ranks_here(ranks))),
      model_(own_, data_, total_steps(config, images(data_.train)), resumed),
      state_(resumed_state(resumed, data_.val_print)),
      milestones_(milestone_options(config_, images(data_.train), !data_.val.images.empty()),
                  state_.best),
      divergence_(config_.train, model_.parameters().precision().scale_loss),
      validation_(own_, data_, model_),
      roll_(ranks) {
  begin_state(resumed);
  if (ranks_) join_ranks(resumed);
  open_loader();
}

void Trainer::begin_state(const ModelFile* resumed) {
  state_.threads = omp_get_max_threads();
  state_.evaluation_due &= !data_.val.images.empty();
  state_.total_steps = milestones_.total_steps();
  state_.train = data_.train_print;
  state_.val = data_.val_print;
  for (const std::string& remark : schedule_remarks(config_.train.schedule, state_.total_steps))
    data_.remarks.push_back(remark);
  if (!resumed) return;
  best_by_ = resumed->config().train.early_stopping.metric;
  came_from_ = folder_of(*resumed);
  saved_config_ = resumed->config_text();
  for (const std::string& change : changes_since(*resumed, {.config = config_,
                                                           .state = state_,
                                                           .total_steps = state_.total_steps,
                                                           .train_images = images(data_.train)}))
    data_.remarks.push_back("changed since the checkpoint: " + change);
}

void Trainer::join_ranks(const ModelFile* resumed) {
  Device& device = model_.device();
  check_equal_start(*ranks_, config_, data_, resumed);
  share_weights(*ranks_, device, model_.parameters(), model_.optimizer());
  rank_infos_ = gather_infos(*ranks_, device.backend().name());
  device.join(ranks_);
}

void Trainer::open_loader() {
  data::LoaderOptions options = training_loader(own_, data_.train, data_.classes);
  options.rank = engine::rank_of(ranks_);
  options.world = engine::count_of(ranks_);
  pixels_ = std::make_unique<engine::Memory>(model_.device().backend(), options.pixel_bytes(),
                                             engine::MemoryKind::pinned);
  options.device_cache_bytes = model_.plan().image_cache;
  options.pixels = {static_cast<uint8_t*>(pixels_->data()), pixels_->bytes()};
  loader_ = std::make_unique<data::Loader>(data_.train, options, state_.cursor);
  state_.cursor = loader_->cursor();
}

std::vector<std::string> Trainer::remarks() const {
  std::vector<std::string> all = data_.remarks;
  all.insert(all.end(), model_.remarks().begin(), model_.remarks().end());
  const std::string shares = shares_in_words(own_, engine::ranks_here(ranks_));
  if (!shares.empty()) all.push_back(shares);
  return all;
}

void Trainer::dry_run() {
  const data::Batch* batch = loader_->next();
  for (int i = 0; i < config_.train.accumulate; ++i) model_.step().run(*batch);
  const StepLosses losses = model_.step().losses();
  confirm_steps();
  if (!first_rank()) return;
  for (const std::string& remark : remarks()) fmt::print("{}\n", remark);
  if (ranks_) fmt::print("{}\n", in_words(rank_infos_));
  fmt::print("model: {}\n", model_.in_words(config_));
  fmt::print("data: {}, {} of {}\n", data_.in_words(),
             base::counted(milestones_.total_steps(), "step"),
             base::counted(images_per_step(config_), "image"));
  fmt::print("memory: {}\n", model_.memory_in_words());
  fmt::print("one step: {}\n", losses_in_words(losses));
}

void Trainer::announce() {
  log_->parameters(config::run_config_json(config_));
  for (const std::string& remark : remarks()) log_->message(remark);
  log_->message(fmt::format("{}: {}; device {}, {}; {}", folder_->path().string(), data_.in_words(),
                            model_.device().backend().name(), config_.train.precision,
                            config_.rate_in_words(images_per_step(config_))));
  log_->message("model: " + model_.in_words(config_));
  log_->message("memory: " + model_.memory_in_words());
  if (ranks_) {
    log_->message(in_words(rank_infos_));
    log_->message(sums_in_words(config_, model_.device().queue().gpu));
  }
  if (config_.data.device_cache_mib > 0)  // says so even if no image fits
    log_->message(image_cache_in_words(own_, data_.train, model_.plan().image_cache));
  if (state_.step > 0) log_->message(start_in_words(milestones_, config_.train, state_.step));
}

void Trainer::open_log() {
  files_ = std::make_unique<CheckpointFiles>(*folder_, config_.checkpoint.keep);
  log_ = std::make_unique<logs::TrainingLog>(
      folder_->path(), logs::TrainingLogOptions{.total_steps = milestones_.total_steps(),
                                                .last_step = state_.step,
                                                .goes_on = folder_->goes_on(),
                                                .every = config_.log.every_steps,
                                                .columns = result_columns()});
  if (ranks_) add_ranks(*folder_, rank_infos_);
  announce();
  if (const std::string best = settle_best(*folder_, came_from_, state_.best); !best.empty())
    log_->message(best);
  if (folder_->goes_on() && !best_by_.empty())
    for (const std::string& line :
         mend_evaluation(*folder_, config_.eval, state_.best, best_by_, data_.val))
      log_->message("warning: " + line);
  if (folder_->goes_on()) renew_config();  // nothing stopped it from going on
  if (!config_.log.report) return;
  page_ = std::make_unique<RunPage>(*folder_, config_, data_);
  write_page("training", true);
}

void Trainer::renew_config() {
  const std::string ending = "of_step_" + std::to_string(state_.step);
  say(folder_->write_config(config_, saved_config_, ending));
}

bool Trainer::run(const RunFolder* folder, const StopSignal& stop) {
  SSD_CHECK(bool(folder) == first_rank(), "rank 0 writes the run");
  folder_ = folder;
  first_step_ = state_.step;
  if (folder_) open_log();
  throughput_.restart();
  try {
    if (!steps_until(stop)) return false;
  } catch (const base::Error& error) {
    end_by(error);
  }
  if (folder_) finish();
  return true;
}

void Trainer::say(const std::string& text) {
  if (log_ && !text.empty()) log_->message(text);
}

bool Trainer::log_due() const {
  return state_.step % config_.log.every_steps == 0 || state_.step == milestones_.total_steps();
}

// Takes steps, evaluates and saves. Returns false if the run was stopped before its end.
bool Trainer::steps_until(const StopSignal& stop) {
  if (state_.evaluation_due) {
    evaluate(stop);
    if (saved_step_ != state_.step) save();
  }
  while (!done() || state_.evaluation_due) {
    if (const std::string reason = one_step(stop); !reason.empty()) {
      confirm_steps();
      if (saved_step_ != state_.step) save();
      if (folder_) say(stop_in_words(reason, state_.step, *folder_));
      write_page("stopped by " + reason);
      wait_for_files();
      return false;
    }
    const bool evaluates = milestones_.evaluation_due(state_.step);
    if (evaluates || milestones_.save_due(state_.step)) confirm_steps();
    if (evaluates) evaluate(stop);
    if (milestones_.save_due(state_.step) && saved_step_ != state_.step) save();
  }
  return true;
}

// Takes a step, or takes none if somebody has asked to stop, and then returns who. A request within
// a step waits for the step's end, since its earlier batches would be lost.
std::string Trainer::one_step(const StopSignal& stop) {
  bool updated = false;
  for (bool first = true; !updated; first = false) {
    const data::Batch* batch = nullptr;
    const std::string stopped = next_batch(first && stop.requested() ? stop.reason() : "", batch);
    if (!stopped.empty()) return stopped;
    if (folder_ && state_.step == 0 && !throughput_.counted_any()) write_samples(*batch);
    tell_skipped();
    updated = model_.step().run(*batch);
    throughput_.count(int64_t(batch->images) * engine::count_of(ranks_));
  }
  throughput_.count_step();
  ++state_.step;
  state_.cursor = loader_->cursor();
  if (log_ && log_->shows(state_.step)) log_step();
  if (divergence_.wants(state_.step) || log_due()) check_progress();
  return {};
}

// Gets the next batch, when all ranks have theirs. If this or another rank is asked to stop,
// returns the reason, and `batch` is not used.
std::string Trainer::next_batch(const std::string& stop, const data::Batch*& batch) {
  if (!ranks_) {
    if (stop.empty()) batch = loader_->next();
    return stop;
  }
  RankNote note{.stop = !stop.empty(), .weights = due_hash(), .words = stop};
  try {
    batch = loader_->next();
  } catch (const base::Error& error) {
    note.fault = int(error.code());
    note.words = error.what();
  }
  in_roll_call_ = true;
  std::string stopped = roll_.call(note, state_.step);
  in_roll_call_ = false;
  return stopped;
}

uint64_t Trainer::due_hash() {
  const int64_t every = config_.ranks.check_every;
  if (every == 0 || state_.step % every != 0) return 0;
  std::vector<kernels::View> views{model_.parameters().master(), model_.optimizer().average()};
  for (const auto& buffer : model_.optimizer().rule_buffers()) views.push_back(buffer.values);
  return hash_of(views, model_.device());
}

void Trainer::tell_skipped() {
  for (; skipped_told_ < loader_->skipped().size(); ++skipped_told_)
    say(fmt::format("skipped image {}: {}", skipped_told_ + 1,
                    loader_->skipped()[skipped_told_].reason));
}

void Trainer::log_step() {
  const StepLosses losses = model_.step().losses();
  const engine::OptimizerState optimizer = model_.optimizer().read_state();
  if (!intact()) return;  // the numbers are wrong; the next roll call says which rank has failed
  const double rate = throughput_.rate();
  logs::NamedValues values = named_values(losses, optimizer, rate);
  if (config_.train.clip_norm > 0)  // otherwise it is not computed
    values.emplace_back("gradient_norm", optimizer.gradient_norm);
  log_->step(state_.step, state_.cursor.epoch, values,
             step_in_words(losses, optimizer.learning_rate, throughput_));
  if (log_due()) {
    throughput_.close();
    for (const std::string& line : roll_.own_times_in_words()) say(line);
  }
}

void Trainer::check_progress() {
  const double loss = model_.step().losses().total;
  const engine::OptimizerState optimizer = model_.optimizer().read_state();
  if (!intact()) return;  // a rank has failed, and nothing is known about the training
  const std::string why = divergence_.look(state_.step, loss, optimizer);
  if (!why.empty()) fail(ExitCode::diverged, "training diverged: ", why);
}

// Comes before every save and evaluation: a rank that dies later cannot spoil the steps so far.
void Trainer::confirm_steps() {
  if (ranks_ && confirmed_step_ != state_.step) confirm_step(*ranks_, model_.device(), state_.step);
  confirmed_step_ = state_.step;
}

// Whether, after an error, the steps so far are good on all ranks.
bool Trainer::could_confirm() {
  if (ranks_ && confirmed_step_ != state_.step && !in_roll_call_) return false;
  try {
    confirm_steps();
    return true;
  } catch (const base::Error&) {  // the other error came first
    return false;
  }
}

// Waits until all ranks are here, so that rank 0 has written its files. If a rank ended before with
// a code that is not 0, the launcher would end rank 0, too.
void Trainer::wait_for_files() {
  if (ranks_) ranks_->barrier("the ranks at the end");
}

// If a signal stops the evaluation, the checkpoint that follows says that it is still due.
void Trainer::evaluate(const StopSignal& stop) {
  const ModelEvaluation result = validation_.run(
      {.stop = [&] { return stop.signalled(); }, .say = [&](const auto& line) { say(line); }});
  roll_.pause();
  state_.evaluation_due = result.stopped;
  if (result.stopped) return say(stopped_evaluation_in_words(state_.step));
  if (result.unreadable > 0) say(validation_.unreadable_in_words(result));
  const Verdict verdict =
      milestones_.evaluated(state_.step, validation_.chosen_metric(result.metrics));
  state_.best = milestones_.best();
  if (!folder_) return;
  if (const logs::NamedValues values = named_metrics(result.metrics); !values.empty())
    log_->evaluation(state_.step, state_.cursor.epoch, values);
  const bool better = verdict == Verdict::better;
  log_->message(fmt::format("step {}: {}{}", state_.step, validation_.in_words(result),
                            better ? ", the best so far" : ""));
  const auto write = [&](const char* start) {
    folder_->write_into([&](const std::filesystem::path& folder) {
      write_evaluation(folder.string(), start, result, data_.val, state_.step);
    });
  };
  if (better) {
    save();
    files_->last_is_best();
    write(kBestEvaluation);
  }
  if (done()) write(kLastEvaluation);
  if (page_ && better) page_->show(result, state_.step);
  write_page("training", true);
  throughput_.restart();
}

void Trainer::save() {
  if (!folder_) return;
  base::Range range("checkpoint");
  roll_.pause();
  RunState state = state_;
  state.optimizer = model_.optimizer().read_state();
  files_->save(model_.device().backend(), {.config = config_,
                                           .classes = data_.classes,
                                           .parameters = model_.parameters(),
                                           .optimizer = &model_.optimizer(),
                                           .state = state});
  saved_step_ = state_.step;
}

// Throws the error that ended the run, and adds how to go on. If the data is faulty, the steps so
// far are good, so it saves them first. The steps of a run that diverged are not good.
void Trainer::end_by(const base::Error& error) {
  const bool saves = error.code() == ExitCode::data && state_.step > first_step_ && could_confirm();
  write_page(error.what());
  try {
    if (saves && saved_step_ != state_.step) save();
  } catch (const base::Error& unsaved) {
    fail_with_way_on(unsaved, config_, folder_, 0);
  }
  if (saves && in_roll_call_) wait_for_files();
  fail_with_way_on(error, config_, folder_, saves ? state_.step : 0);
}

void Trainer::write_page(const std::string& words, bool running) {
  if (!page_) return;
  const std::string problem = page_->write({.step = state_.step,
                                            .total_steps = milestones_.total_steps(),
                                            .words = words,
                                            .running = running});
  if (!problem.empty()) say("warning: " + problem);
}

void Trainer::write_samples(const data::Batch& batch) const {
  const model::DetectorOptions& o = config_.model.options;
  write_training_samples(folder_->file(RunFolder::kSamples), *log_, batch,
                         channel_scaling(config_.data), {o.height, o.width}, data_.classes);
}

void Trainer::finish() {
  const BestEvaluation& best = milestones_.best();
  const std::string& metric = config_.train.early_stopping.metric;
  logs::NamedValues values;
  if (const auto rate = throughput_.mean()) values.emplace_back("train_throughput", *rate);
  if (best.step > 0) values.emplace_back("best_" + metric, best.metric);
  log_->summary(values);
  const std::string end = milestones_.stopped_early() ? "stopped early" : "done";
  log_->message(end_in_words(state_.step == first_step_ ? "no step was taken" : end, state_.step,
                             best_in_words(*folder_, metric, best), *folder_));
  write_page(end);
}

}  // namespace run
