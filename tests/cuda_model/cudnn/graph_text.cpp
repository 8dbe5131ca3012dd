// Graphs as JSON: a part of a plan's text.
#include <nlohmann/json.hpp>

#include "tests/cuda_model/cudnn/graph.h"

namespace cuda_model::cudnn {
namespace {

using nlohmann::json;

json to_json(const Tensor& t) {
  return {{"id", t.id},           {"type", int(t.type)},      {"dims", t.dims},
          {"strides", t.strides}, {"alignment", t.alignment}, {"virtual", t.is_virtual}};
}

Tensor tensor(const json& j) {
  Tensor t{j.at("id"),        cudnnDataType_t(j.at("type").get<int>()),
           j.at("dims"),      j.at("strides"),
           j.at("alignment"), j.at("virtual")};
  check(t);
  return t;
}

json to_json(const Convolution& c) {
  return {{"pass", int(c.pass)},
          {"pre", c.rule.pre},
          {"post", c.rule.post},
          {"strides", c.rule.strides},
          {"dilations", c.rule.dilations},
          {"alpha", c.alpha},
          {"beta", c.beta},
          {"x", to_json(c.x)},
          {"w", to_json(c.w)},
          {"y", to_json(c.y)}};
}

Convolution convolution(const json& j) {
  return {Pass(j.at("pass").get<int>()),
          {j.at("pre"), j.at("post"), j.at("strides"), j.at("dilations")},
          tensor(j.at("x")),
          tensor(j.at("w")),
          tensor(j.at("y")),
          j.at("alpha"),
          j.at("beta")};
}

json to_json(const Pointwise& p) {
  return {{"mode", int(p.rule.mode)}, {"nan", p.rule.propagate_nan},
          {"lower", p.rule.lower},    {"upper", p.rule.upper},
          {"slope", p.rule.slope},    {"clipped", p.rule.clipped},
          {"x", to_json(p.x)},        {"b", p.b ? to_json(*p.b) : json()},
          {"y", to_json(p.y)},        {"alpha1", p.alpha1},
          {"alpha2", p.alpha2}};
}

Pointwise pointwise(const json& j) {
  Pointwise p{{cudnnPointwiseMode_t(j.at("mode").get<int>()), j.at("nan"), j.at("lower"),
               j.at("upper"), j.at("slope"), j.at("clipped")},
              tensor(j.at("x")),
              std::nullopt,
              tensor(j.at("y")),
              j.at("alpha1"),
              j.at("alpha2")};
  if (!j.at("b").is_null()) p.b = tensor(j.at("b"));
  return p;
}

json to_json(const Statistics& s) {
  return {
      {"x", to_json(s.x)}, {"sum", to_json(s.sum)}, {"sum_of_squares", to_json(s.sum_of_squares)}};
}

Statistics statistics(const json& j) {
  return {tensor(j.at("x")), tensor(j.at("sum")), tensor(j.at("sum_of_squares"))};
}

json to_json(const Reduction& r) { return {{"x", to_json(r.x)}, {"y", to_json(r.y)}}; }

Reduction reduction(const json& j) { return {tensor(j.at("x")), tensor(j.at("y"))}; }

Operation operation(const json& j) {
  const json& values = j.at("values");
  switch (j.at("kind").get<int>()) {
    case 0:
      return convolution(values);
    case 1:
      return pointwise(values);
    case 2:
      return statistics(values);
    default:
      return reduction(values);
  }
}

}  // namespace

std::string text_of(const Graph& graph) {
  json all = json::array();
  for (const Operation& o : graph.operations)
    all.push_back({{"kind", int(o.index())},
                   {"values", std::visit([](const auto& each) { return to_json(each); }, o)}});
  return all.dump();
}

Graph graph_from(const std::string& text) {
  std::vector<Operation> operations;
  for (const json& j : json::parse(text)) {
    operations.push_back(operation(j));
    check(operations.back());
  }
  return checked_graph(std::move(operations));
}

}  // namespace cuda_model::cudnn
