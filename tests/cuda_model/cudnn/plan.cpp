#include "tests/cuda_model/cudnn/plan.h"

#include <nlohmann/json.hpp>

namespace cuda_model::cudnn {
namespace {

std::string text_of(const Plan& plan) {
  return nlohmann::json{{"modelled_cudnn", CUDNN_VERSION},
                        {"device", plan.device},
                        {"engine", plan.configuration.engine->index},
                        {"parts", plan.configuration.parts},
                        {"kernel", plan.configuration.kernel},
                        {"graph", text_of(plan.configuration.graph)}}
      .dump();
}

Plan parsed(const std::string& text, const std::string& device) {
  try {
    const auto json = nlohmann::json::parse(text);
    if (json.at("modelled_cudnn") != CUDNN_VERSION)
      refuse(CUDNN_STATUS_SERIALIZATION_VERSION_MISMATCH, "the plan is another version's");
    if (json.at("device") != device)
      refuse(CUDNN_STATUS_NOT_SUPPORTED_ARCH_MISMATCH, "the plan is another device's");
    const Graph graph = graph_from(json.at("graph"));
    const Engine* engine = find_engine(json.at("engine"));
    const int64_t parts = json.at("parts"), kernel = json.at("kernel");
    require(engine && parts >= 1 && parts <= engine->most_parts, "the plan's engine is unknown");
    require(kernel >= 0 && kernel < engine->kernels, "the plan's kernel is unknown");
    return {{graph, engine, parts, kernel}, device};
  } catch (const std::exception& error) {
    refuse(CUDNN_STATUS_BAD_PARAM, std::string("the text is no plan: ") + error.what());
  }
}

Plan built(const Descriptor& d, const std::string& device) {
  const auto& parts = d.parts(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
  if (parts.empty() || !parts[0]->finalized())
    refuse(CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED, "a plan without a finalized configuration");
  const auto& c = d.made_of<Configuration>(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
  if (c.engine->fault == Engine::Fault::refuses)
    refuse(CUDNN_STATUS_NOT_SUPPORTED, "the engine refuses after all");
  return {c, device};
}

}  // namespace

Plan make_plan(Descriptor& d) {
  const std::string device =
      device_of(d, CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP);
  const auto text = d.list<char>(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION);
  expect(text.empty() || !d.has(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG),
         "a plan is made of a configuration and of text");
  Plan plan = text.empty() ? built(d, device) : parsed({text.begin(), text.end()}, device);
  d.compute<int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, {plan.configuration.workspace()});
  const std::string made = text_of(plan);
  d.compute(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION,
            std::vector<char>(made.begin(), made.end()));
  return plan;
}

}  // namespace cuda_model::cudnn
