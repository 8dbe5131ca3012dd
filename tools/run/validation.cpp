#include "tools/run/validation.h"

#include <fmt/format.h>

#include <chrono>

#include "data/metrics/measurable.h"
#include "engine/base/counted.h"
#include "engine/base/ranges.h"
#include "tools/run/run_options.h"

namespace run {
ModelEvaluation Validation::run(const logs::EvaluationWatch& watch) {
  base::Range range("evaluation");
  const auto start = std::chrono::steady_clock::now();
  if (!inference_)
    inference_ = std::make_unique<Inference>(
        model_.device(), model_.detector(),
        evaluation_batch(config_, int64_t(data_.val.images.size())), config_.data.sample.max_boxes,
        config_.eval.nms, channel_scaling(config_.data), std::vector<int>{}, config_.train.graph);
  share_statistics();
  const auto exchange = [&] { model_.optimizer().swap_average(model_.device().queue()); };
  exchange();
  try {
    ModelEvaluation result = evaluate_model(*inference_, config_, data_.val, data_.classes, {},
                                            model_.device().ranks(), watch);
    exchange();
    seconds_ = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return result;
  } catch (...) {
    exchange();
    throw;
  }
}

// Where each rank has the moving statistics of its own batches, the model's are rank 0's, as in the
// original; training does not read them.
void Validation::share_statistics() {
  if (engine::Collectives* ranks = model_.device().ranks())
    ranks->broadcast("moving statistics", model_.parameters().statistics(), 0,
                     model_.device().queue());
}

double Validation::chosen_metric(const data::Evaluation& e) const {
  return e.stats[data::metric_index(config_.train.early_stopping.metric)];
}

std::string Validation::unreadable_in_words(const ModelEvaluation& result) const {
  return fmt::format("{} of {} could not be read and {} left out", result.unreadable,
                     base::counted(int64_t(data_.val.images.size()), "validation image"),
                     result.unreadable == 1 ? "was" : "were");
}

std::string Validation::in_words(const ModelEvaluation& result) const {
  const auto& stats = result.metrics.stats;
  const std::string on = fmt::format(
      "on {} in {:.1f} s", base::counted(int64_t(data_.val.images.size()), "image"), seconds_);
  if (chosen_metric(result.metrics) < 0)
    return fmt::format("no {} {}: {}", config_.train.early_stopping.metric, on,
                       data::why_unmeasured(data_.val));
  const std::string nothing = nothing_found_in_words(result, config_.eval);
  return fmt::format("mAP {:.4f}, mAP50 {:.4f}, AR100 {:.4f} {}{}{}", stats[0], stats[1], stats[8],
                     on, nothing.empty() ? "" : "; ", nothing);
}

}  // namespace run
