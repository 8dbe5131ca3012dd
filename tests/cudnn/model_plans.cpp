#include "tests/cudnn/model_plans.h"

#include <algorithm>
#include <random>
#include <set>

#include "benchmarks/ssd320_convs.h"

namespace tests {
namespace {

using engine::Activation, engine::ConvPass, engine::ConvShape, engine::DType;

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

struct Use {
  std::string name;
  ConvShape shape;
};

// With batch norm folded or constant, a convolution carries bias, residual and activation.
Use fused_forward(const std::string& layer, ConvShape s) {
  s.bias = true;
  if (contains(layer, "predictor") || contains(layer, "shortcut") || contains(layer, "projection"))
    return {"forward + bias", s};
  s.residual = contains(layer, "conv3");
  s.activation = s.residual ? Activation::relu : Activation::relu6;
  return {s.residual ? "forward + bias + residual + relu" : "forward + bias + relu6", s};
}

std::vector<Use> uses_of(const std::string& layer, const ConvShape& shape) {
  std::vector<Use> uses{fused_forward(layer, shape)};
  auto add = [&](const char* name, auto change) {
    uses.push_back({name, shape});
    change(uses.back().shape);
  };
  if (!contains(layer, "predictor")) {
    add("forward", [](ConvShape&) {});
    add("forward + statistics", [](ConvShape& s) { s.statistics = true; });
  }
  if (layer != "conv1") {  // pixels have no gradient
    // The input comes from a block's end, or from within.
    const auto mask = contains(layer, "conv1") || contains(layer, "shortcut") ? Activation::relu
                                                                              : Activation::relu6;
    auto dx = [&](bool accumulate, Activation a, bool reductions) {
      return [=](ConvShape& s) {
        s.pass = ConvPass::grad_input;
        s.accumulate = accumulate, s.mask = a, s.reductions = reductions;
      };
    };
    add("dx", dx(false, Activation::none, false));
    add("dx + add", dx(true, Activation::none, false));
    add("dx + mask", dx(false, mask, false));
    add("dx + add + mask", dx(true, mask, false));
    add("dx + mask + reductions", dx(false, mask, true));
    add("dx + add + mask + reductions", dx(true, mask, true));
  }
  add("dw", [](ConvShape& s) { s.pass = ConvPass::grad_weight; });
  add("dw + add", [](ConvShape& s) { s.pass = ConvPass::grad_weight, s.accumulate = true; });
  return uses;
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
  static const std::vector<Arithmetic> all{{"f16", DType::f16, true},
                                           {"bf16", DType::bf16, true},
                                           {"tf32", DType::f32, false},
                                           {"f32", DType::f32, true}};
  return all;
}

std::vector<PlanTask> all_plan_tasks() {
  std::vector<PlanTask> tasks;
  for (const Card& card : cards())
    for (const Arithmetic& arithmetic : arithmetics())
      for (int images : {1, 8, 32})
        for (const auto& conv : benchmarks::ssd320_convs()) {
          ConvShape shape = conv.shape;
          shape.images = images;
          shape.dtype = arithmetic.dtype;
          shape.exact_f32 = arithmetic.exact_f32;
          for (const Use& use : uses_of(conv.name, shape))
            tasks.push_back({&card, &arithmetic, images, use.name, conv.name, use.shape});
        }
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
