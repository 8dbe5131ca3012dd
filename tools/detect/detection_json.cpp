#include "tools/detect/detection_json.h"

#include <nlohmann/json.hpp>

namespace tools {

using nlohmann::ordered_json;

namespace {

// File names and classes need not be UTF-8.
std::string text_of(const ordered_json& json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace);
}

void add_box(ordered_json& json, const NamedBox& box) {
  const data::Rectangle& a = box.area;
  json["category_id"] = box.category->id;
  json["category"] = box.category->name;
  json["bbox"] = {a.x, a.y, a.width, a.height};
  json["score"] = box.score;
}

}  // namespace

std::string image_line(const DetectedImage& image) {
  ordered_json line{{"image_id", image.number}, {"file_name", image.file}};
  if (!image.problem.empty()) {
    line["error"] = image.problem;
    return text_of(line) + "\n";
  }
  line["width"] = image.width;
  line["height"] = image.height;
  line["detections"] = ordered_json::array();
  for (const NamedBox& box : image.boxes) add_box(line["detections"].emplace_back(), box);
  return text_of(line) + "\n";
}

std::string coco_entry(const DetectedImage& image, const NamedBox& box) {
  ordered_json entry{{"image_id", image.number}, {"file_name", image.file}};
  add_box(entry, box);
  return text_of(entry);
}

}  // namespace tools
