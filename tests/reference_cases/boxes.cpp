#include "kernels/boxes.h"

#include "tests/reference_cases/box_list.h"
#include "tests/reference_cases/cases.h"

namespace reference {
namespace {

using namespace kernels;

template <class F> json pairs(const json& in, F f) {
  json matrix = json::array();
  for (const Box& a : to_boxes(in.at("a"))) {
    json row = json::array();
    for (const Box& b : to_boxes(in.at("b"))) row.push_back(f(a, b));
    matrix.push_back(row);
  }
  return {{"matrix", matrix}};
}

template <class F> json matched_pairs(const json& in, F f) {
  json vector = json::array();
  std::vector<Box> a = to_boxes(in.at("a")), b = to_boxes(in.at("b"));
  for (size_t i = 0; i < a.size(); ++i) vector.push_back(f(a[i], b.at(i)));
  return {{"vector", vector}};
}

template <class F> json each_box(const json& in, F f) {
  std::vector<Box> boxes;
  for (const Box& b : to_boxes(in.at("boxes"))) boxes.push_back(f(b));
  return {{"boxes", to_json(boxes)}};
}

json kept(const json& boxes, const std::vector<int>& indices) {
  return {{"boxes", to_json(gather({to_boxes(boxes), {}, {}}, indices).boxes)}, {"kept", indices}};
}

json list_of(const BoxList& list) {
  return {{"boxes", to_json(list.boxes)}, {"scores", list.scores}, {"classes", list.classes}};
}

json areas(const json& in) {
  json all = json::array();
  for (const Box& b : to_boxes(in.at("boxes"))) all.push_back(area(b));
  return {{"area", all}};
}

json sizes(const json& in) {
  json y, x, height, width;
  for (const Box& b : to_boxes(in.at("boxes"))) {
    CenterSize<float> c = center_size(b);
    y.push_back(c.y), x.push_back(c.x), height.push_back(c.height), width.push_back(c.width);
  }
  return {{"ycenter", y}, {"xcenter", x}, {"height", height}, {"width", width}};
}

CodeScales scales_of(const json& in) {
  const json& s = in.at("scale_factors");
  if (s.is_null()) return {1, 1, 1, 1};
  return {s.at(0), s.at(1), s.at(2), s.at(3)};
}

json frcnn_encode(const json& in) {
  json codes = json::array();
  std::vector<Box> boxes = to_boxes(in.at("boxes")), anchors = to_boxes(in.at("anchors"));
  for (size_t i = 0; i < boxes.size(); ++i) {
    BoxCode<float> c = encode(boxes[i], anchors.at(i), scales_of(in));
    codes.push_back({c.y, c.x, c.height, c.width});
  }
  return {{"codes", codes}};
}

json frcnn_decode(const json& in) {
  std::vector<Box> codes = to_boxes(in.at("codes")), anchors = to_boxes(in.at("anchors")), boxes;
  for (size_t i = 0; i < codes.size(); ++i) {
    const Box& c = codes[i];
    boxes.push_back(
        decode(BoxCode<float>{c.ymin, c.xmin, c.ymax, c.xmax}, anchors.at(i), scales_of(in)));
  }
  return {{"boxes", to_json(boxes)}};
}

json clip_to_window(const json& in) {
  Box window = to_box(in.at("window"));
  std::vector<Box> boxes = to_boxes(in.at("boxes"));
  std::vector<int> keep = in.at("filter_nonoverlapping").get<bool>()
                              ? indices_with_area(boxes, window)
                              : indices_where(boxes, [](const Box&) { return true; });
  for (Box& b : boxes) b = clip(b, window);
  return kept(to_json(boxes), keep);
}

json iou_shape(const json& in) {
  json shapes = json::array();
  for (size_t i = 0; i < in.at("a_count").size(); ++i) {
    size_t a = in["a_count"][i], b = in.at("b_count").at(i);
    json some = json::array({0, 0, 1, 1});
    json matrix = pairs({{"a", std::vector<json>(a, some)}, {"b", std::vector<json>(b, some)}},
                        iou<float>)["matrix"];
    shapes.push_back({matrix.size(), matrix.empty() ? b : matrix[0].size()});
  }
  return {{"shapes", shapes}};
}

json concatenate(const json& in) {
  std::vector<BoxList> lists;
  for (size_t i = 0; i < in.at("boxes").size(); ++i)
    lists.push_back({to_boxes(in["boxes"][i]), in.at("scores").at(i), {}});
  return list_of(concatenated(lists));
}

json pad_or_clip(const json& in) {
  return list_of(padded_or_cut({to_boxes(in.at("boxes")), in.at("scores"), in.at("classes")},
                               in.at("num_boxes")));
}

json scaled(const json& in, float y, float x) {
  return each_box(in, [=](const Box& b) { return kernels::scale(b, y, x); });
}

}  // namespace

Ops box_ops() {
  return {
      {"area", areas},
      {"center_size", sizes},
      {"height_width", sizes},
      {"frcnn_encode", frcnn_encode},
      {"frcnn_decode", frcnn_decode},
      {"intersection", [](const json& in) { return pairs(in, intersection<float>); }},
      {"iou", [](const json& in) { return pairs(in, iou<float>); }},
      {"ioa", [](const json& in) { return pairs(in, ioa); }},
      {"iou_shape", iou_shape},
      {"matched_intersection",
       [](const json& in) { return matched_pairs(in, intersection<float>); }},
      {"matched_iou", [](const json& in) { return matched_pairs(in, iou<float>); }},
      {"clip_to_window", clip_to_window},
      {"prune_outside_window",
       [](const json& in) {
         return kept(in.at("boxes"),
                     indices_inside(to_boxes(in.at("boxes")), to_box(in.at("window"))));
       }},
      {"prune_completely_outside_window",
       [](const json& in) {
         return kept(in.at("boxes"),
                     indices_touching(to_boxes(in.at("boxes")), to_box(in.at("window"))));
       }},
      {"prune_non_overlapping",
       [](const json& in) {
         return kept(in.at("a"), indices_overlapping(to_boxes(in.at("a")), to_boxes(in.at("b")),
                                                     in.at("min_overlap")));
       }},
      {"change_coordinate_frame",
       [](const json& in) {
         return each_box(in,
                         [&](const Box& b) { return change_frame(b, to_box(in.at("window"))); });
       }},
      {"scale", [](const json& in) { return scaled(in, in.at("y_scale"), in.at("x_scale")); }},
      {"to_normalized",
       [](const json& in) {
         return scaled(in, 1 / in.at("height").get<float>(), 1 / in.at("width").get<float>());
       }},
      {"to_absolute", [](const json& in) { return scaled(in, in.at("height"), in.at("width")); }},
      {"sort_by_score",
       [](const json& in) {
         return list_of(sorted_by_score({to_boxes(in.at("boxes")), in.at("scores"), {}}));
       }},
      {"concatenate", concatenate},
      {"pad_or_clip", pad_or_clip},
  };
}

}  // namespace reference
