#include "tools/config/fruitless_keys.h"

#include <fmt/format.h>

#include <span>

namespace config {
namespace {

using C = RunConfig;

struct Fruitless {
  bool (*holds)(const C&);
  const char* words;
};

// Gradients have norms around 1, so that this leaves next to nothing of them.
constexpr double kLeastNorm = 1e-6;

const Fruitless kInTraining[] = {
    {[](const C& c) { return c.train.schedule.base_rate == 0; },
     "train.schedule.base_rate is 0, so no step changes a weight"},
    {[](const C& c) {
       return c.train.loss.classification_weight == 0 && c.train.loss.localization_weight == 0;
     },
     "train.loss.classification_weight and train.loss.localization_weight are 0, so nothing is "
     "learnt from the images"},
    {[](const C& c) { return c.train.loss.alpha == 0; },
     "train.loss.alpha is 0, which gives objects no weight in the loss, so no object is learnt"},
    {[](const C& c) { return c.train.loss.alpha == 1; },
     "train.loss.alpha is 1, which gives the background no weight in the loss, so everything is "
     "learnt as an object"},
    {[](const C& c) {
       return c.train.optimizer.kind == engine::RuleKind::momentum && c.train.clip_norm > 0 &&
              c.train.clip_norm < kLeastNorm;
     },
     "train.clip_norm is less than a millionth, so steps hardly change the weights; 0 is for no "
     "limit"},
    {[](const C& c) { return c.data.val.given() && c.train.early_stopping.min_gain >= 1; },
     "train.early_stopping.min_gain is 1, and no metric exceeds 1, so that no evaluation is better "
     "than the first"},
};

const Fruitless kInEvaluation[] = {
    {[](const C& c) { return c.eval.nms.score_threshold >= 1; },
     "eval.score_threshold is 1, and no score is above it, so an evaluation finds nothing"},
};

void add_notes(const RunConfig& config, std::span<const Fruitless> kinds,
               std::vector<std::string>& lines) {
  for (const Fruitless& kind : kinds)
    if (kind.holds(config)) lines.push_back(fmt::format("note: {}", kind.words));
}

}  // namespace

std::vector<std::string> fruitless_in_training(const RunConfig& config) {
  std::vector<std::string> lines;
  add_notes(config, kInTraining, lines);
  if (config.data.val.given()) add_notes(config, kInEvaluation, lines);
  return lines;
}

std::vector<std::string> fruitless_in_evaluation(const RunConfig& config) {
  std::vector<std::string> lines;
  add_notes(config, kInEvaluation, lines);
  return lines;
}

}  // namespace config
