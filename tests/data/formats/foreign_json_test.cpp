// Files that are no COCO JSON are named for what they are.
#include "data/formats/foreign_json.h"
#include "tests/support/catch.h"
#include "tests/support/failure.h"

#include "data/formats/coco.h"
#include "data/formats/tfrecord.h"
#include "engine/base/write_file.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"

namespace {

std::string error_of(const std::string& text) {
  tests::TemporaryFolder folder;
  const std::string path = (folder.path() / "a.json").string();
  base::write_file(path, text);
  return tests::failure([&] { data::load_coco(path, folder.path().string()); });
}

std::string in_16_bits(const std::string& text, bool big, bool mark) {
  std::string out = !mark ? "" : big ? "\xfe\xff" : "\xff\xfe";
  for (char c : text) (big ? out += '\0' : out += c) += big ? c : '\0';
  return out;
}

std::string in_32_bits(const std::string& text, bool big, bool mark) {
  using namespace std::string_literals;
  std::string out = !mark ? "" : big ? "\0\0\xfe\xff"s : "\xff\xfe\0\0"s;
  for (char c : text) out += big ? "\0\0\0"s + c : c + "\0\0\0"s;
  return out;
}

const std::string kCoco = R"({"images": [], "annotations": [], "categories": []})";

}  // namespace

TEST_CASE("texts in 16 and 32 bits are named, with the command that converts them") {
  for (bool big : {false, true})
    for (bool mark : {false, true}) {
      // Without a mark, iconv has to be told which byte comes first.
      const std::string order = mark ? "" : big ? "BE" : "LE";
      const std::string narrow = in_16_bits(kCoco, big, mark);
      CHECK_THAT(error_of(narrow), Catch::Contains("iconv -f UTF-16" + order + " -t UTF-8"));
      CHECK_THAT(error_of(in_32_bits(kCoco, big, mark)),
                 Catch::Contains("iconv -f UTF-32" + order + " -t UTF-8"));
    }
  CHECK(error_of(kCoco) == "no error");
  CHECK(error_of("\xef\xbb\xbf" + kCoco) == "no error");
}

TEST_CASE("archives and files of other tools are named") {
  struct Case {
    std::string text, message;
  };
  for (const Case& c :
       {Case{"PK\x03\x04rest", "a zip file: unpack it"},
        Case{"\x89PNG\r\n", "a picture, expected a COCO file"}, Case{"\x1f\x8brest", "a gzip file"},
        Case{"<?xml version=\"1.0\"?>\n<annotations><version>1.1</version>", "CVAT"},
        Case{"<annotation><filename>a.jpg</filename>", "PASCAL VOC"},
        Case{R"({"version": "5.0", "shapes": [{"label": "cat"}], "imagePath": "a.jpg"})",
             "Labelme"},
        Case{R"({"_via_settings": {}, "_via_img_metadata": {}})", "VIA"},
        Case{R"({"a.jpg1": {"filename": "a.jpg", "size": 1, "regions": []}})", "VIA"},
        Case{R"({"type": "FeatureCollection", "features": [{"geometry": {}}]})", "GeoJSON"},
        Case{"{\"image\": 1}\n{\"image\": 2}\n", "JSON Lines"},
        Case{"filename,width,height,class\na.jpg,3,3,cat\n", "a table (CSV)"},
        Case{R"([{"image_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5}])", "ssdeval --detections"},
        Case{R"([{"id": 1, "annotations": [{"result": [{"from_name": "label"}]}]}])",
             "Label Studio"},
        Case{R"([{"image": "a.jpg", "annotations": [{"label": "cat", "coordinates": {}}]}])",
             "CreateML"},
        Case{"version https://git-lfs.github.com/spec/v1\noid sha256:1\n", "git lfs pull"},
        Case{R"({"images": [], "annotations": [{"bbox": [NaN, 1, 2, 3]}]})",
             "NaN is a word of Python"},
        Case{R"({"images": [{"id": None}]})", "None is a word of Python"},
        Case{"{}", "no \"images\" section"}}) {
    INFO(c.text);
    CHECK(error_of(c.text).find(c.message) != std::string::npos);
  }
}

TEST_CASE("files of labelling tools in their own formats are named, with the way to COCO") {
  struct Case {
    std::string text, message;
  };
  for (const Case& c :
       {Case{R"({"name": "p", "securityToken": "x", "assets": {"1": {"asset": {"name": "a.jpg"},
                "regions": [{"tags": ["cat"]}]}}})",
             "VoTT in its own format: export the project as Pascal VOC"},
        Case{R"({"asset": {"name": "a.jpg"}, "regions": [], "version": "2.2.0"})", "VoTT"},
        Case{R"({"tags": [], "size": {"height": 4, "width": 6}, "objects": [{"classTitle": "cat",
                "points": {"exterior": [[1, 1], [9, 9]]}}]})",
             "Supervisely, which has one per image: export the project as COCO"},
        Case{R"({"classes": [{"title": "cat", "shape": "rectangle"}], "tags": []})",
             "the list of classes of Supervisely"},
        Case{R"({"info": {}, "categories": {"label": {"labels": [{"name": "cat"}]}}, "items": []})",
             "Datumaro's own format: convert it with `datum convert -f coco`"},
        Case{R"([{"ID": "x", "Labeled Data": "a.jpg", "Label": {"objects": [{"bbox": {}}]}}])",
             "an export of Labelbox"},
        Case{"{\"data_row\": {\"id\": 1}}\n{\"data_row\": {\"id\": 2}}\n", "an export of Labelbox"},
        Case{R"({"project_name": "x", "images": [{"image_id": "a", "image_name": "a.jpg",
                "labels": [{"class_name": "cat", "bbox": [1, 1, 5, 5]}]}]})",
             "Hasty in its own format: export it as COCO"},
        Case{R"({"project_name": "x", "images": [{"id": 1, "file_name": "a.jpg", "image_name": "a",
                "width": 0, "height": 4}]})",
             "image id 1: is 0 x 4 pixels"},
        Case{R"({"version": "2.0", "item": {"name": "a.jpg"}, "annotations": [{"name": "cat",
                "bounding_box": {"x": 1, "y": 1, "w": 1, "h": 1}}]})",
             "Darwin JSON of V7"},
        Case{R"([{"name": "a.jpg", "labels": [{"category": "car", "box2d": {"x1": 1}}]}])",
             "BDD100K"},
        Case{"train: ../images\nval: ../images\nnc: 1\nnames: ['cat']\n",
             "a data.yaml of YOLO, which is given as `yolo`"}}) {
    INFO(c.text);
    CHECK_THAT(error_of(c.text), Catch::Contains(c.message));
  }
}

TEST_CASE("a shard of records is named for what it is") {
  const tests::TemporaryFolder folder;
  const std::string path = (folder.path() / "a.record").string();
  data::RecordWriter writer(path);
  writer.add("payload");
  writer.finish();
  CHECK_THAT(error_of(tests::text_of(path)), Catch::Contains("a TFRecord shard, which is given as "
                                                             "`tfrecords`"));
}
