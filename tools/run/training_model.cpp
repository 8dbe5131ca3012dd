#include "tools/run/training_model.h"

#include "tools/config/start_folder.h"
#include "tools/run/checkpoint_files.h"
#include "tools/run/initial_weights.h"
#include "tools/run/run_options.h"
#include "tools/run/run_report.h"

namespace run {

TrainingModel::TrainingModel(const config::RunConfig& config, const TrainingData& data,
                             int64_t total_steps, const ModelFile* resumed)
    : device_(config.train.device, config.train.memory_gib, config.train.threads,
              backend_options(config.train), image_cache_bytes(config, data.train)),
      parameters_(device_.backend(), precision_of(config.train)) {
  const std::string beyond =
      beyond_free_in_words(device_.backend(), config.train.memory_gib, LimitNames().memory);
  if (!beyond.empty()) remarks_.push_back(beyond);
  detector_ = std::make_unique<model::Detector>(parameters_, config.model.options);
  if (resumed) resumed->check_shapes(parameters_);
  plan_ahead(config, data);
  parameters_.allocate(uint64_t(config.train.seed), config.train.freeze);
  const bool scaled = parameters_.precision().scale_loss;
  optimizer_ = std::make_unique<engine::Optimizer>(device_.backend(), parameters_,
                                                   optimizer_options(config, total_steps),
                                                   scaled ? config.train.loss_scale.initial : 1.0);
  start_weights(config, data.classes, resumed);
  step_ = std::make_unique<TrainingStep>(device_, *detector_, parameters_, *optimizer_,
                                         StepOptions{.batch_size = config.train.batch_size,
                                                     .max_boxes = config.data.sample.max_boxes,
                                                     .accumulate = config.train.accumulate,
                                                     .graph = config.train.graph,
                                                     .scaling = channel_scaling(config.data),
                                                     .loss = config.train.loss,
                                                     .sums = gradient_sums(config.ranks)});
}

// Plans the memory, so that a batch that does not fit is refused before anything takes memory or
// time.
void TrainingModel::plan_ahead(const config::RunConfig& config, const TrainingData& data) {
  const int evaluated = evaluation_batch(config, int64_t(data.val.images.size()));
  plan_ = plan_memory(device_.backend(), config, evaluated);
  if (const engine::View cache = device_.image_cache()) plan_.image_cache = engine::bytes_of(cache);
  check_fits(device_.backend(), config, plan_, evaluated, device_.arena().size());
}

void TrainingModel::start_weights(const config::RunConfig& config, const ClassList& classes,
                                  const ModelFile* resumed) {
  if (resumed) {
    add_remarks(resumed->load_training(device_.backend(), parameters_, *optimizer_));
  } else if (const std::string& from = config.checkpoint.init_from; !from.empty()) {
    add_remarks(config::with_start_folder({from}, [&] {
      const std::string file = checkpoint_file(from, "ssdtrain");
      return with_whole_one(file, [&] {
        return take_initial_weights(file, config, classes, device_.backend(), parameters_);
      });
    }));
    optimizer_->restart_average();
  }
}

void TrainingModel::add_remarks(const std::vector<std::string>& remarks) {
  remarks_.insert(remarks_.end(), remarks.begin(), remarks.end());
}

std::string TrainingModel::in_words(const config::RunConfig& config) {
  return model_in_words(device_.backend(), config, parameters_, plan_);
}

std::string TrainingModel::memory_in_words() {
  return run::in_words(plan_, device_.arena().size());
}

}  // namespace run
