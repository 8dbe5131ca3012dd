#include <fstream>

#include "data/formats/coco.h"
#include "data/formats/label_map.h"
#include "data/formats/tf_dataset.h"
#include "data/formats/tfrecord.h"
#include "data/image/image_file.h"
#include "tests/reference_cases/cases.h"
#include "tests/support/paths.h"
#include "tests/support/picture.h"

namespace reference {
namespace {

json label_lookup(const json& in) {
  std::vector<data::Label> labels;
  for (const json& item : in.at("label_map"))
    labels.push_back({item.at("id"), item.value("name", ""), item.value("display_name", "")});
  data::TfExample example;
  std::vector<std::string> texts = in.at("texts");
  example.class_text.assign(texts.begin(), texts.end());
  return {{"classes", data::class_ids(example, data::LabelMap(labels))}};
}

json features_of(const data::TfExample& e) {
  json texts = json::array();
  for (std::string_view text : e.class_text) texts.push_back(text);
  return {{"image/height", {e.height}},       {"image/width", {e.width}},
          {"image/filename", {e.filename}},   {"image/source_id", {e.source_id}},
          {"image/format", {e.format}},       {"image/object/bbox/xmin", e.xmin},
          {"image/object/bbox/ymin", e.ymin}, {"image/object/bbox/xmax", e.xmax},
          {"image/object/bbox/ymax", e.ymax}, {"image/object/class/text", texts}};
}

// The whole way: annotation file and image in, record out, as `ssddata convert` goes it.
json coco_to_example(const json& in) {
  tests::TemporaryFolder folder;
  const json& image = in.at("image");
  std::string annotations = folder.path() / "a.json", prefix = folder.path() / "p";
  json categories = json::array();
  for (const auto& [id, name] : in.at("categories").items())
    categories.push_back({{"id", std::stoi(id)}, {"name", name}});
  std::ofstream(annotations) << json{
      {"images", {image}}, {"annotations", in.at("annotations")}, {"categories", categories}};
  data::write_image(folder.path() / image.at("file_name").get<std::string>(),
                    tests::picture(image.at("width"), image.at("height")));
  data::Dataset dataset = data::load_coco(annotations, folder.path());
  data::TfWriteReport report = data::write_tfrecords(dataset, prefix, 1);
  data::RecordReader reader(data::shard_name(prefix, 0, 1));
  std::string_view payload;
  if (!reader.next(payload)) return {};
  json features = features_of(data::parse_example(payload, "record"));
  features["num_annotations_skipped"] = report.dropped_boxes;
  return features;
}

}  // namespace

Ops record_ops() { return {{"label_lookup", label_lookup}, {"coco_to_example", coco_to_example}}; }

}  // namespace reference
