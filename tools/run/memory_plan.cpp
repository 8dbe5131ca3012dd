#include "tools/run/memory_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "engine/base/error.h"
#include "tools/run/planned_run.h"

namespace run {
namespace {

struct Use {
  std::string key, cure;  // what helps if not even one image fits
  std::string limit = LimitNames().memory;
  int batch_size;
  size_t needed;
  std::function<size_t(int)> need;  // for another batch size, for which a GPU has to choose plans
  std::function<size_t(int)> without_workspaces;  // the same without the workspaces of plans: quick
};

// Finds a batch size that fits, below one that does not, or 0 if there is none. It begins with an
// estimate, for which workspaces grow with the batch, so that plans are made for a few sizes only.
// If the estimate is too high, the result may be less than the largest size that fits.
int fitting_batch(const Use& use, size_t available) {
  const size_t quick = use.without_workspaces(use.batch_size);
  const double workspaces = double(use.needed - std::min(quick, use.needed)) / use.batch_size;
  int batch = 0;
  for (int too_large = use.batch_size; too_large - batch > 1;) {
    const int guess = (batch + too_large) / 2;
    const double needed = double(use.without_workspaces(guess)) + workspaces * guess;
    (needed <= double(available) ? batch : too_large) = guess;
  }
  const int estimate = batch;
  for (size_t needed; batch > 0 && (needed = use.need(batch)) > available;)
    batch = std::min(batch - 1, int(double(batch) * double(available) / double(needed)));
  if (batch < estimate) return batch;
  while (batch + 1 < use.batch_size && use.need(batch + 1) <= available) ++batch;
  return batch;
}

void check_use(const Use& use, size_t available) {
  if (use.needed <= available) return;
  const int batch = fitting_batch(use, available);
  base::fail(base::ExitCode::resources, use.key, "=", use.batch_size, " needs ",
             memory_in_units(use.needed), " of step memory, ", memory_in_units(available),
             " are free: ",
             batch > 0 ? fmt::format("{}={} would fit", use.key, batch)
                       : "not even one image fits; " + use.cure,
             "; the limit is ", use.limit, ", or what the device has");
}

std::string cure_in_training(const config::RunConfig& config) {
  std::string cure = "lower model.input_height and model.input_width";
  if (config.train.precision == "fp32") cure += ", or set train.precision=bf16";
  if (config.ranks.count > 1) cure += ", or start fewer ranks on this machine";
  return cure;
}

size_t training_step(engine::Backend& backend, config::RunConfig config, int batch_size) {
  config.train.batch_size = batch_size;
  prepare_convolutions(backend, config, {.training = true});
  return PlannedRun(backend, config).train(batch_size).training_step;
}

size_t evaluation_step(engine::Backend& backend, const config::RunConfig& config, int batch_size) {
  prepare_convolutions(backend, config, {.evaluation_batch = batch_size});
  MemoryPlan plan;
  PlannedRun(backend, config).evaluate(batch_size, plan);
  return plan.evaluation_step;
}

Use evaluation_use(engine::Backend& backend, const config::RunConfig& config, int batch,
                   size_t needed, const LimitNames& names, const std::string& cure) {
  const auto quick = [&backend, &config](int size) {
    std::set<engine::ConvShape> ignored;
    MemoryPlan plan;
    PlannedRun(backend, config, &ignored).evaluate(size, plan);
    return plan.evaluation_step;
  };
  return {.key = names.batch,
          .cure = cure,
          .limit = names.memory,
          .batch_size = batch,
          .needed = needed,
          .need = [&backend, &config](int size) { return evaluation_step(backend, config, size); },
          .without_workspaces = quick};
}

}  // namespace

std::string memory_in_units(size_t bytes) {
  constexpr double kMiB = 1 << 20, kGiB = 1 << 30;
  const double size = double(bytes);
  if (size >= kGiB) return fmt::format("{:.1f} GiB", size / kGiB);
  return fmt::format("{:.{}f} MiB", size / kMiB, size < 10 * kMiB ? 1 : 0);
}

size_t MemoryPlan::kept() const {
  return parameters.values + parameters.gradients + parameters.working + optimizer + sums + input +
         image_cache + evaluation;
}

int evaluation_batch(const config::RunConfig& config, int64_t images) {
  const int wanted = config.eval.batch_size > 0 ? config.eval.batch_size : config.train.batch_size;
  return int(std::min<int64_t>(wanted, images));
}

std::string beyond_free_in_words(engine::Backend& backend, double memory_gib,
                                 const std::string& limit) {
  const size_t free = backend.free_memory();
  if (memory_gib <= double(free) / double(size_t(1) << 30)) return {};
  if (backend.queue(engine::Lane::compute).gpu) return {};  // would have refused it
  return fmt::format(
      "note: {} is {:.6g} GiB, and {} has {} free: a step that fills them would end the program; "
      "without a limit, steps take most of what is free",
      limit, memory_gib, backend.name(), memory_in_units(free));
}

MemoryPlan plan_memory(engine::Backend& backend, const config::RunConfig& config,
                       int evaluation_batch) {
  prepare_convolutions(backend, config, {.training = true, .evaluation_batch = evaluation_batch});
  MemoryPlan plan = PlannedRun(backend, config).train(config.train.batch_size);
  if (evaluation_batch > 0) PlannedRun(backend, config).evaluate(evaluation_batch, plan);
  return plan;
}

std::string in_words(const MemoryPlan& p, size_t step_memory) {
  std::string text = fmt::format("weights {}, gradients {}, ", memory_in_units(p.parameters.values),
                                 memory_in_units(p.parameters.gradients));
  if (p.parameters.working > 0)
    text += fmt::format("working copies {}, ", memory_in_units(p.parameters.working));
  text += fmt::format("optimiser {}, ", memory_in_units(p.optimizer));
  if (p.sums > 0) text += fmt::format("copy for sums {}, ", memory_in_units(p.sums));
  text += fmt::format("input {}, ", memory_in_units(p.input));
  if (p.image_cache > 0) text += fmt::format("image cache {}, ", memory_in_units(p.image_cache));
  if (p.evaluation > 0) text += fmt::format("evaluation {}, ", memory_in_units(p.evaluation));
  text += fmt::format("together {}; one step {}", memory_in_units(p.kept()),
                      memory_in_units(p.training_step));
  if (p.evaluation_step > 0)
    text += fmt::format(", one evaluation batch {}", memory_in_units(p.evaluation_step));
  return text + fmt::format(", of {} for steps", memory_in_units(step_memory));
}

namespace {

void check_kept(engine::Backend& backend, const MemoryPlan& plan) {
  const size_t needed = plan.kept() - plan.image_cache, free = backend.free_memory();
  if (needed > free)
    base::fail(base::ExitCode::resources, "the model does not fit: its weights, gradients and ",
               "optimiser take ", memory_in_units(needed), ", and ", backend.name(), " has ",
               memory_in_units(free), " free; lower model.backbone_width, model.fpn_channels or ",
               "model.units");
}

}  // namespace

void check_fits(engine::Backend& backend, const config::RunConfig& config, const MemoryPlan& plan,
                int evaluation_batch, size_t step_memory) {
  check_kept(backend, plan);
  std::set<engine::ConvShape> ignored;
  check_use({.key = "train.batch_size",
             .cure = cure_in_training(config),
             .batch_size = config.train.batch_size,
             .needed = plan.training_step,
             .need = [&](int batch) { return training_step(backend, config, batch); },
             .without_workspaces =
                 [&](int batch) {
                   return PlannedRun(backend, config, &ignored).train(batch).training_step;
                 }},
            step_memory);
  check_use(evaluation_use(backend, config, evaluation_batch, plan.evaluation_step, {},
                           cure_in_training(config)),
            step_memory);
}

size_t evaluation_memory(engine::Backend& backend, const config::RunConfig& config, int batch,
                         size_t step_memory, const LimitNames& names) {
  const size_t needed = evaluation_step(backend, config, batch);
  check_use(
      evaluation_use(backend, config, batch, needed, names,
                     "take a model whose model.input_height and model.input_width are smaller"),
      step_memory);
  return needed;
}

}  // namespace run
