#include "tests/cudnn/plan_offers.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>

#include "benchmarks/ssd320_convs.h"
#include "engine/base/error.h"
#include "engine/cudnn/candidate_plans.h"
#include "tests/cudnn/cards.h"

namespace tests {
namespace {

using engine::ConvPass, engine::ConvShape, engine::Narrowing;
using Plan = engine::CudnnCandidatePlans::Plan;
using Plans = std::vector<Plan>;

constexpr int kImages = 32;

struct Sample {
  const char *layer, *use;
  ConvPass pass;
  bool fused;  // forward: bias and relu6; dw: added to the gradient buffer
};
constexpr Sample kSamples[] = {
    {"tower P3, smoothing_1", "forward + bias + relu6", ConvPass::forward, true},
    {"tower P3, smoothing_1", "dw", ConvPass::grad_weight, false},
    {"tower P5", "dw", ConvPass::grad_weight, false},
    {"block1 conv3, shortcut", "dw + add", ConvPass::grad_weight, true},
    {"block2 conv1", "dw + add", ConvPass::grad_weight, true},
    {"block2 shortcut", "dw + add", ConvPass::grad_weight, true},
};

ConvShape shape_of(const Sample& sample) {
  const auto convs = benchmarks::ssd320_convs();
  const auto found = std::find_if(convs.begin(), convs.end(),
                                  [&](const auto& conv) { return conv.name == sample.layer; });
  SSD_CHECK(found != convs.end(), "SSD320 has no layer ", sample.layer);
  ConvShape s = unfused(found->shape, sample.pass);
  s.images = kImages;
  s.dtype = engine::DType::f16;
  if (sample.pass == ConvPass::forward)
    s.forward = {.bias = sample.fused, .activation = engine::Activation::relu6};
  else
    s.grad_weight = {.accumulate = sample.fused, .narrowing = Narrowing::if_faster};
  return s;
}

// "sm90 128x64x64": the generation and the tile, which the name of a compiled kernel has; or
// "engine 65": kernels that are ready have no names in a plan.
std::string kernel_of(const nlohmann::json& engine) {
  if (!engine.contains("payload")) return "engine " + engine.at("engineId").dump();
  const std::string kernel = engine.at("payload").at("kernels").at(0).at("kernelName");
  static const std::regex generation("sm_?([0-9]+)"), tile("[0-9]+x[0-9]+x[0-9]+");
  std::smatch found;
  std::string words = std::regex_search(kernel, found, generation) ? "sm" + found[1].str() : kernel;
  if (std::regex_search(kernel, found, tile)) words += " " + found.str();
  return words;
}

std::string words_for(const Plan& plan) {
  const auto engine = nlohmann::json::parse(plan.text).at("engine");
  std::string words = kernel_of(engine);
  const int64_t parts = engine.at("knobChoices").value("CUDNN_KNOB_TYPE_SPLIT_K_SLC", int64_t(1));
  if (parts > 1) words += fmt::format(" in {} parts", parts);
  const std::string way = plan.candidate.substr(0, plan.candidate.find(','));
  return way == "direct" ? words : way + " " + words;
}

std::string cell(const Plans& plans) {
  std::vector<std::string> order;
  std::map<std::string, int> counts;
  for (const Plan& plan : plans)
    if (counts[words_for(plan)]++ == 0) order.push_back(words_for(plan));
  std::string text;
  for (const std::string& words : order)
    text += (text.empty() ? "" : "; ") + words +
            (counts[words] > 1 ? fmt::format(" ({})", counts[words]) : "");
  return text.empty() ? "-" : text;
}

std::string row(const Sample& sample, const Card& card) {
  engine::CudnnAttempts attempts;
  const auto device = device_of(card);
  const ConvShape shape = shape_of(sample);
  Plans before, after;
  for (const Plan& plan : proposed_plans(device, shape, attempts))
    (engine::is_narrow(plan.candidate) ? after : before).push_back(plan);
  for (const Plan& plan : further_plans(device, shape, attempts)) after.push_back(plan);
  return fmt::format("| {}: {} | sm_{} | {} | {} |\n", sample.layer, sample.use, card.sm,
                     cell(before), cell(after));
}

}  // namespace

std::string table_of_offers() {
  std::string text = "| layer | | before | added |\n|---|---|---|---|\n";
  for (const Sample& sample : kSamples)
    for (const Card& card : cards())
      if (card.sm == 80 || card.sm == 90 || card.sm == 100) text += row(sample, card);
  return text;
}

}  // namespace tests
