// What the reference cases are checked with. An op is a function from a case's inputs to its
// results, as JSON; results are compared with the case's expected values key by key. To add one,
// write the function and one line in its group's table; a new group is one line in all_ops().
#pragma once
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "kernels/boxes.h"

namespace reference {

using nlohmann::json;
using Op = json (*)(const json& inputs);
using Ops = std::map<std::string, Op>;

Ops anchor_ops();
Ops box_ops();
Ops evaluation_ops();
Ops feature_map_ops();
Ops loss_ops();
Ops matching_ops();
Ops preprocessing_ops();
Ops record_ops();
Ops schedule_ops();
Ops suppression_ops();
Ops all_ops();

struct Outcome {
  int passed = 0, failed = 0;
};
// Runs every case of the parsed file and prints a line for each.
Outcome run_cases(const json& file);

// What differs between `actual` and `expected`, as one line; empty if nothing does.
// |actual - expected| <= atol + rtol * |expected|; keys that are not expected are not looked at.
std::string difference(const json& actual, const json& expected, double rtol, double atol);

// Conversions. A box is [ymin, xmin, ymax, xmax].
kernels::Box to_box(const json&);
std::vector<kernels::Box> to_boxes(const json&);
json to_json(const kernels::Box&);
json to_json(const std::vector<kernels::Box>&);

// All numbers of nested arrays, in order.
template <class T> std::vector<T> flat(const json& value) {
  if (value.is_array()) {
    std::vector<T> all;
    for (const json& part : value)
      for (T x : flat<T>(part)) all.push_back(x);
    return all;
  }
  if (value.is_boolean()) return {T(value.get<bool>())};
  return {value.get<T>()};
}

// Whether f throws the std::invalid_argument of options without sense.
template <class F> bool refuses(F f) {
  try {
    f();
    return false;
  } catch (const std::invalid_argument&) {
    return true;
  }
}

}  // namespace reference
