#include "tests/cudnn/model_plans.h"

#include <algorithm>
#include <random>
#include <set>

#include "benchmarks/ssd320_convs.h"
#include "engine/base/error.h"
#include "tests/support/tools/step_convs.h"

namespace tests {
namespace {

using engine::Activation, engine::ConvShape;

// The convolution that a plan is a pass of; the name that benchmarks/ssd320_convs.h has for it.
const std::string& layer_of(const ConvShape& s) {
  static const auto convs = benchmarks::ssd320_convs();
  const auto found = std::find_if(convs.begin(), convs.end(), [&](const auto& conv) {
    const ConvShape& c = conv.shape;
    return c.height == s.height && c.kernel == s.kernel && c.stride == s.stride &&
           c.in_channels == s.in_channels && c.out_channels == s.out_channels;
  });
  SSD_CHECK(found != convs.end(), "SSD320 has no such convolution: ", describe(s));
  return found->name;
}

// "forward + bias + relu6", "dx + mask + batch norm", ...
std::string use_of(const ConvShape& s) {
  static constexpr const char* kPasses[] = {"forward", "dx", "dw"};
  static constexpr const char* kActivations[] = {"", " + relu", " + relu6"};
  static constexpr const char* kGrads[] = {"", " + bias", " + batch norm"};
  std::string use = kPasses[int(s.pass)];
  if (s.forward.bias) use += " + bias";
  if (s.forward.residual) use += " + residual";
  if (s.forward.statistics) use += " + statistics";
  if (s.accumulate()) use += " + add";
  if (s.grad_input.mask != Activation::none) use += " + mask";
  return use + kActivations[int(s.forward.activation)] + kGrads[int(s.grad_input.channel_grads)];
}

// What training with batch statistics, training with constant ones, and detection ask for.
std::set<ConvShape> model_shapes(const Arithmetic& arithmetic, int images) {
  std::set<ConvShape> shapes;
  for (bool frozen : {false, true}) {
    StepConvs convs = step_convs(ssd320_config(arithmetic.precision, images, frozen));
    shapes.merge(convs.training);
    shapes.merge(convs.detection);
  }
  return shapes;
}

std::vector<std::string> values_of(const PlanTask& t) {
  return {t.card->name, t.arithmetic->name, std::to_string(t.images), t.use};
}

// The pairs of values that a task covers, and its layer.
std::vector<std::string> covered_by(const PlanTask& t) {
  const auto values = values_of(t);
  std::vector<std::string> covered{"layer " + t.layer};
  for (size_t i = 0; i < values.size(); ++i)
    for (size_t j = i + 1; j < values.size(); ++j) covered.push_back(values[i] + " | " + values[j]);
  return covered;
}

}  // namespace

const std::vector<Arithmetic>& arithmetics() {
  static const std::vector<Arithmetic> all{
      {"f16", "fp16"}, {"bf16", "bf16"}, {"tf32", "tf32"}, {"f32", "fp32"}};
  return all;
}

std::vector<PlanTask> all_plan_tasks() {
  std::vector<PlanTask> tasks;
  for (const Arithmetic& arithmetic : arithmetics())
    for (int images : {1, 8, 32})
      for (const ConvShape& shape : model_shapes(arithmetic, images))
        for (const Card& card : cards())
          tasks.push_back({&card, &arithmetic, images, use_of(shape), layer_of(shape), shape});
  return tasks;
}

std::vector<PlanTask> pairwise(const std::vector<PlanTask>& all) {
  std::set<std::string> missing;
  for (const PlanTask& task : all)
    for (const std::string& pair : covered_by(task)) missing.insert(pair);
  std::vector<PlanTask> tasks = all, chosen;
  std::shuffle(tasks.begin(), tasks.end(), std::mt19937(1));
  auto gain = [&](const PlanTask& task) {
    const auto covered = covered_by(task);
    return std::count_if(covered.begin(), covered.end(),
                         [&](const std::string& pair) { return missing.contains(pair); });
  };
  // Those who cover most come first; a task's gain only falls.
  for (long wanted = 7; wanted > 0; --wanted)
    for (const PlanTask& task : tasks) {
      if (gain(task) < wanted) continue;
      for (const std::string& pair : covered_by(task)) missing.erase(pair);
      chosen.push_back(task);
    }
  return chosen;
}

}  // namespace tests
