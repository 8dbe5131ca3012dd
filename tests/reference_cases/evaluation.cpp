// Export and evaluation the whole way through files, as users go it. The cases name images by text;
// here the image with number i has the id i + 1.
#include <fstream>
#include <sstream>

#include "data/formats/coco.h"
#include "data/metrics/detections.h"
#include "tests/reference_cases/cases.h"
#include "tests/support/paths.h"
#include "tools/eval/evaluate_files.h"

namespace reference {
namespace {

struct Case {
  data::Dataset truth;
  std::vector<data::Detection> detections;
  std::vector<std::string> names;  // of the images

  void add_categories(const json& ids) {
    for (const json& id : ids) truth.categories.push_back({id, "class " + id.dump()});
  }
  void add_image(const std::string& name) {
    names.push_back(name);
    data::ImageEntry image{.id = static_cast<int64_t>(names.size()), .width = 640, .height = 480};
    image.file_name = name;
    image.first_object = static_cast<uint32_t>(truth.objects.size());
    truth.images.push_back(image);
  }
  int32_t category(const json& id) const {
    for (size_t i = 0; i < truth.categories.size(); ++i)
      if (truth.categories[i].id == id) return static_cast<int32_t>(i);
    throw std::invalid_argument("no category " + id.dump());
  }
  // To the last image; the box is [ymin, xmin, ymax, xmax].
  void add_object(const json& box, const json& category_id, bool crowd) {
    double y = box[0], x = box[1], bottom = box[2], right = box[3];
    int64_t id = static_cast<int64_t>(truth.objects.size()) + 1;
    double area = (right - x) * (bottom - y);
    truth.objects.push_back({id, category(category_id), crowd, x, y, right - x, bottom - y, area});
    ++truth.images.back().object_count;
  }
  void add_detection(const json& box, const json& category_id, double score) {
    double y = box[0], x = box[1], bottom = box[2], right = box[3];
    detections.push_back(
        {truth.images.back().id, category(category_id), x, y, right - x, bottom - y, score});
  }
};

json with_names(json entries, const Case& c) {
  for (json& entry : entries)
    entry["image_id"] = c.names.at(entry.at("image_id").get<size_t>() - 1);
  return entries;
}

json exported_objects(const Case& c) {
  tests::TemporaryFolder folder;
  std::string path = folder.path() / "truth.json";
  data::write_coco(path, c.truth);
  std::ifstream file(path);
  return {{"annotations", with_names(json::parse(file).at("annotations"), c)}};
}

json export_groundtruth(const json& in) {
  Case c;
  c.add_categories(in.at("category_ids"));
  for (size_t i = 0; i < in.at("image_ids").size(); ++i) {
    c.add_image(in["image_ids"][i]);
    for (size_t n = 0; n < in.at("boxes")[i].size(); ++n)
      c.add_object(in["boxes"][i][n], in.at("classes")[i][n], false);
  }
  return exported_objects(c);
}

json export_groundtruth_single(const json& in) {
  if (in.at("next_annotation_id") != 1) throw std::invalid_argument("ids start at 1 here");
  Case c;
  c.add_categories(in.at("category_ids"));
  c.add_image(in.at("image_id"));
  for (size_t n = 0; n < in.at("boxes").size(); ++n)
    c.add_object(in["boxes"][n], in.at("classes")[n], in.at("is_crowd")[n] == 1);
  return exported_objects(c);
}

json export_detections(const json& in) {
  Case c;
  c.add_categories(in.at("category_ids"));
  for (size_t i = 0; i < in.at("image_ids").size(); ++i) {
    c.add_image(in["image_ids"][i]);
    for (size_t n = 0; n < in.at("boxes")[i].size(); ++n)
      c.add_detection(in["boxes"][i][n], in.at("classes")[i][n], in.at("scores")[i][n]);
  }
  std::ostringstream text;
  data::write_detections(text, c.detections, c.truth);
  return {{"detections", with_names(json::parse(text.str()), c)}};
}

// What `ssdeval --reference-area --json` prints.
json evaluated(const Case& c) {
  tests::TemporaryFolder folder;
  tools::FileEvaluation job;
  job.input.source.annotations = folder.path() / "truth.json";
  job.detections = folder.path() / "found.json";
  job.report.json = true;
  job.options.reference_area = true;
  data::write_coco(job.input.source.annotations, c.truth);
  data::write_detections(job.detections, c.detections, c.truth);
  std::ostringstream out, log;
  tools::evaluate_files(job, out, log);
  return json::parse(out.str());
}

json coco_evaluator(const json& in) {
  Case c;
  c.add_categories(in.at("category_ids"));
  for (const json& image : in.at("images")) {
    c.add_image(image.at("image_id"));
    const json crowd = image.value("groundtruth_is_crowd", json::array());
    for (size_t n = 0; n < image.at("groundtruth_boxes").size(); ++n)
      c.add_object(image["groundtruth_boxes"][n], image.at("groundtruth_classes")[n],
                   n < crowd.size() && crowd[n] == 1);
    for (size_t n = 0; n < image.at("detection_boxes").size(); ++n)
      c.add_detection(image["detection_boxes"][n], image.at("detection_classes")[n],
                      image.at("detection_scores")[n]);
  }
  return evaluated(c);
}

// From [x, y, width, height].
json corners(const json& box) {
  double x = box[0], y = box[1], width = box[2], height = box[3];
  return {y, x, y + height, x + width};
}

// The same from entries of COCO files; metrics under the names of the original's log.
json coco_eval(const json& in) {
  Case c;
  c.add_categories(in.at("categories"));
  for (const json& name : in.at("images")) {
    c.add_image(name);
    for (const json& entry : in.at("groundtruth"))
      if (entry.at("image_id") == name)
        c.add_object(corners(entry.at("bbox")), entry.at("category_id"), entry.at("iscrowd") == 1);
    for (const json& entry : in.at("detections"))
      if (entry.at("image_id") == name)
        c.add_detection(corners(entry.at("bbox")), entry.at("category_id"), entry.at("score"));
  }
  json result = evaluated(c), renamed;
  for (const std::string& name : data::metric_names())
    renamed[name.substr(std::string("DetectionBoxes_").size())] = result.at(name);
  return renamed;
}

}  // namespace

Ops evaluation_ops() {
  return {{"export_groundtruth", export_groundtruth},
          {"export_groundtruth_single", export_groundtruth_single},
          {"export_detections", export_detections},
          {"coco_evaluator", coco_evaluator},
          {"coco_eval", coco_eval}};
}

}  // namespace reference
