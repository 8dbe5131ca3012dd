#include "kernels/match_anchors.h"
#include "tests/reference_cases/box_list.h"
#include "tests/reference_cases/cases.h"

namespace reference {
namespace {

using namespace kernels;
using Ints = std::vector<int32_t>;

template <class V> View view_of(const std::vector<V>& values, DType dtype, Shape shape) {
  return {(void*)values.data(), dtype, shape};
}

std::optional<float> threshold(const json& in, const char* key) {
  if (in.at(key).is_null()) return {};
  return in[key].get<float>();
}

MatchOptions options_of(const json& in) {
  return {.matched_threshold = threshold(in, "matched_threshold"),
          .unmatched_threshold = threshold(in, "unmatched_threshold"),
          .force_match = in.value("force_match_for_each_row", false),
          .negatives_lower_than_unmatched = in.value("negatives_lower_than_unmatched", true)};
}

json argmax_ctor(const json& in) {
  return {{"error", refuses([&] { check(options_of(in)); })}};
}

json argmax_match(const json& in) {
  const json& similarity = in.at("similarity");
  int64_t rows = int64_t(similarity.size());
  int64_t columns = rows ? int64_t(similarity[0].size()) : in.at("num_columns").get<int64_t>();
  std::vector<float> values = flat<float>(similarity), weights(size_t(rows), 1);
  if (!in.at("valid_rows").is_null()) weights = flat<float>(in["valid_rows"]);
  Ints matches(size_t(columns), 99), forced(size_t(rows), 99);
  match_similarity({}, view_of(values, DType::f32, {3, {1, rows, columns}}),
                   view_of(weights, DType::f32, {2, {1, rows}}), options_of(in),
                   {view_of(matches, DType::i32, {2, {1, columns}}),
                    view_of(forced, DType::i32, {2, {1, rows}})});
  return {{"match_results", matches}};
}

json match_accessors(const json& in) {
  Ints matches = in.at("match_results"), rows, matched, unmatched, ignored, others;
  for (int i = 0; i < int(matches.size()); ++i) {
    int match = matches[size_t(i)];
    (match == kUnmatched ? unmatched : match == kIgnored ? ignored : matched).push_back(i);
    (match >= 0 ? rows : others).push_back(match >= 0 ? match : i);
  }
  return {{"matched_columns", matched},
          {"unmatched_columns", unmatched},
          {"ignored_columns", ignored},
          {"unmatched_or_ignored_columns", others},
          {"matched_rows", rows},
          {"num_matched", matched.size()},
          {"num_unmatched", unmatched.size()},
          {"num_ignored", ignored.size()}};
}

json gather_on_match(const json& in) {
  json gathered = json::array();
  std::vector<json> rows = in.at("values");
  for (int match : in.at("match_results"))
    gathered.push_back(
        of_match<json>(match, rows.data(), in.at("unmatched_value"), in.at("ignored_value")));
  return {{"gathered", gathered}};
}

json gather_rows(const json& in) {
  json rows = json::array();
  std::vector<json> params = in.at("params");
  for (int index : in.at("indices"))
    rows.push_back(of_match<json>(index, params.data(), nullptr, nullptr));
  return {{"output", rows}};
}

// `value` repeated in the shape of `like`.
json filled(const json& like, float value) {
  if (!like.is_array()) return value;
  json all = json::array();
  for (const json& part : like) all.push_back(filled(part, value));
  return all;
}

json assign(const json& in, const json& boxes, const json& labels, const json& given_weights) {
  std::vector<Box> anchors = to_boxes(in.at("anchors")), objects = to_boxes(boxes);
  int64_t rows = int64_t(objects.size()), count = int64_t(anchors.size());
  std::vector<float> weights(objects.size(), 1);
  if (!given_weights.is_null()) weights = flat<float>(given_weights);
  Ints numbers(objects.size(), 1), matches(anchors.size()), forced(objects.size());
  Ints classes(anchors.size());
  std::vector<float> class_weights(anchors.size()), codes(4 * anchors.size());
  std::vector<float> box_weights(anchors.size());
  GroundTruth truth{view_of(objects, DType::f32, {3, {1, rows, 4}}),
                    view_of(numbers, DType::i32, {2, {1, rows}}),
                    view_of(weights, DType::f32, {2, {1, rows}})};
  View anchor_view = view_of(anchors, DType::f32, {2, {count, 4}});
  Shape per_anchor{2, {1, count}};
  View match_view = view_of(matches, DType::i32, per_anchor);
  match_anchors({}, truth, anchor_view, options_of(in),
                {match_view, view_of(forced, DType::i32, {2, {1, rows}})});
  assign_targets(
      {}, truth, anchor_view, match_view, {},
      {view_of(classes, DType::i32, per_anchor), view_of(class_weights, DType::f32, per_anchor),
       view_of(codes, DType::f32, {3, {1, count, 4}}),
       view_of(box_weights, DType::f32, per_anchor)});

  // The cases' class labels have any shape, and their box coder is not SSD's.
  json unmatched = in.at("unmatched_class_label");
  std::vector<json> label_rows = labels;
  float deviation = in.at("regression_coder").at("stddev");
  json out{{"cls_targets", json::array()},
           {"cls_weights", json::array()},
           {"reg_targets", json::array()},
           {"reg_weights", box_weights}};
  for (size_t a = 0; a < anchors.size(); ++a) {
    int match = matches[a];
    out["cls_targets"].push_back(of_match<json>(match, label_rows.data(), unmatched, unmatched));
    out["cls_weights"].push_back(filled(unmatched, class_weights[a]));
    Box target{0, 0, 0, 0};
    if (match >= 0) target = encode_corners(objects[size_t(match)], anchors[a], deviation);
    out["reg_targets"].push_back(to_json(target));
  }
  return out;
}

json assign_one(const json& in) {
  return assign(in, in.at("groundtruth_boxes"), in.at("groundtruth_labels"),
                in.at("groundtruth_weights"));
}

json assign_batch(const json& in) {
  json out;
  for (size_t i = 0; i < in.at("groundtruth_boxes").size(); ++i) {
    const json& weights = in.at("groundtruth_weights");
    json one = assign(in, in["groundtruth_boxes"][i], in.at("groundtruth_labels").at(i),
                      weights.is_null() ? json() : weights.at(i));
    for (const auto& [key, value] : one.items()) out[key].push_back(value);
  }
  return out;
}

}  // namespace

Ops matching_ops() {
  return {
      {"argmax_ctor", argmax_ctor},           {"argmax_match", argmax_match},
      {"match_accessors", match_accessors},   {"gather_on_match", gather_on_match},
      {"gather_rows", gather_rows},           {"assign_targets", assign_one},
      {"batch_assign_targets", assign_batch},
  };
}

}  // namespace reference
