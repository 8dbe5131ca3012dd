// Files that are no COCO JSON are named for what they are.
#include "data/formats/foreign_json.h"
#include "tests/support/catch.h"

#include "data/formats/coco.h"
#include "engine/base/write_file.h"
#include "tests/support/paths.h"

namespace {

std::string error_of(const std::string& text) {
  tests::TemporaryFolder folder;
  const std::string path = (folder.path() / "a.json").string();
  base::write_file(path, text);
  try {
    data::load_coco(path, folder.path().string());
  } catch (const base::Error& error) {
    CHECK(error.code() == base::ExitCode::data);
    return error.what();
  }
  return "";
}

std::string in_16_bits(const std::string& text, bool big, bool mark) {
  std::string out = !mark ? "" : big ? "\xfe\xff" : "\xff\xfe";
  for (char c : text) (big ? out += '\0' : out += c) += big ? c : '\0';
  return out;
}

const std::string kCoco = R"({"images": [], "annotations": [], "categories": []})";

}  // namespace

TEST_CASE("UTF-16 is named, with the command that converts it") {
  for (bool big : {false, true})
    for (bool mark : {false, true})
      CHECK(error_of(in_16_bits(kCoco, big, mark)).find("iconv -f UTF-16") != std::string::npos);
  CHECK(error_of(kCoco).empty());
  CHECK(error_of("\xef\xbb\xbf" + kCoco).empty());
}

TEST_CASE("archives and files of other tools are named") {
  struct Case {
    std::string text, message;
  };
  for (const Case& c :
       {Case{"PK\x03\x04rest", "a zip file: unpack it"}, Case{"\x1f\x8brest", "a gzip file"},
        Case{"<?xml version=\"1.0\"?>\n<annotations><version>1.1</version>", "CVAT"},
        Case{"<annotation><filename>a.jpg</filename>", "PASCAL VOC"},
        Case{R"({"version": "5.0", "shapes": [{"label": "cat"}], "imagePath": "a.jpg"})",
             "Labelme"},
        Case{R"({"_via_settings": {}, "_via_img_metadata": {}})", "VIA"},
        Case{R"({"a.jpg1": {"filename": "a.jpg", "size": 1, "regions": []}})", "VIA"},
        Case{R"({"type": "FeatureCollection", "features": [{"geometry": {}}]})", "GeoJSON"},
        Case{"{}", "no \"images\" section"}}) {
    INFO(c.text);
    CHECK(error_of(c.text).find(c.message) != std::string::npos);
  }
}
