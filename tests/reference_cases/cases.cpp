#include "tests/reference_cases/cases.h"

#include <fmt/core.h>

#include <cmath>

namespace reference {

Ops all_ops() {
  Ops all;
  for (const Ops& group :
       {anchor_ops(), box_ops(), evaluation_ops(), feature_map_ops(), loss_ops(), matching_ops(),
        preprocessing_ops(), record_ops(), schedule_ops(), suppression_ops()})
    all.insert(group.begin(), group.end());
  return all;
}

namespace {

std::string run_case(const json& c, const Ops& ops) {
  auto op = ops.find(c.at("op").get<std::string>());
  if (op == ops.end()) return "unknown op " + c.at("op").get<std::string>();
  try {
    const json& tolerance = c.at("tolerance");
    return difference(op->second(c.at("inputs")), c.at("expected"), tolerance.at("rtol"),
                      tolerance.at("atol"));
  } catch (const std::exception& error) {
    return error.what();
  }
}

}  // namespace

Outcome run_cases(const json& file) {
  Outcome outcome;
  const Ops ops = all_ops();
  for (const json& c : file.at("cases")) {
    std::string id = c.at("id"), reason = run_case(c, ops);
    if (reason.empty())
      fmt::print("PASS {}\n", id), ++outcome.passed;
    else
      fmt::print("FAIL {}: {}\n", id, reason), ++outcome.failed;
  }
  return outcome;
}

std::string difference(const json& actual, const json& expected, double rtol, double atol) {
  if (expected.is_number() && actual.is_number()) {
    double a = actual, e = expected;
    if (std::fabs(a - e) <= atol + rtol * std::fabs(e)) return "";
    return fmt::format("{} instead of {}", a, e);
  }
  if (expected.is_array() && actual.is_array()) {
    if (actual.size() != expected.size())
      return fmt::format("{} entries instead of {}", actual.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      std::string part = difference(actual[i], expected[i], rtol, atol);
      if (!part.empty()) return fmt::format("[{}] {}", i, part);
    }
    return "";
  }
  if (expected.is_object() && actual.is_object()) {
    for (const auto& [key, value] : expected.items()) {
      if (!actual.contains(key)) return "no result '" + key + "'";
      std::string part = difference(actual.at(key), value, rtol, atol);
      if (!part.empty()) return key + " " + part;
    }
    return "";
  }
  return actual == expected ? "" : actual.dump() + " instead of " + expected.dump();
}

kernels::Box to_box(const json& b) { return {b.at(0), b.at(1), b.at(2), b.at(3)}; }

std::vector<kernels::Box> to_boxes(const json& list) {
  std::vector<kernels::Box> boxes;
  for (const json& b : list) boxes.push_back(to_box(b));
  return boxes;
}

json to_json(const kernels::Box& b) { return {b.ymin, b.xmin, b.ymax, b.xmax}; }

json to_json(const std::vector<kernels::Box>& boxes) {
  json list = json::array();
  for (const kernels::Box& b : boxes) list.push_back(to_json(b));
  return list;
}

}  // namespace reference
