// COCO files as people have them: sections that are missing, entries that belong to faulty ones,
// turned boxes.
#include <nlohmann/json.hpp>
#include <tuple>

#include "data/formats/coco.h"
#include "data/formats/source.h"
#include "tests/support/catch.h"
#include "tests/support/failure.h"
#include "tests/support/label_folder.h"

using Catch::Contains;
using data::Dataset, data::ProblemKind;
using tests::failure, tests::LabelFolder;
using Json = nlohmann::json;

namespace {

Json good() {
  return Json::parse(R"({"images": [{"id": 1, "width": 40, "height": 20, "file_name": "a.jpg"},
      {"id": 2, "width": 40, "height": 20, "file_name": "b.jpg"}],
      "categories": [{"id": 1, "name": "bolt"}, {"id": 2, "name": "nut"}],
      "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5]},
                      {"id": 2, "image_id": 2, "category_id": 2, "bbox": [1, 1, 5, 5]}]})");
}

Dataset load(const Json& set, data::Problems* problems = nullptr) {
  const LabelFolder f;
  f.text("a.json", set.dump());
  return data::load_coco(f.at("a.json"), f.at("images"), {.problems = problems});
}

std::string error_of(const Json& set) {
  return failure([&] { load(set); });
}

}  // namespace

TEST_CASE("a missing section is told, with those that are there") {
  Json set = good();
  set["info"] = {};
  set["annotation"] = set["annotations"];
  set.erase("annotations");
  const Dataset without = load(set);
  CHECK(without.objects.empty());
  CHECK_THAT(without.notes.at(0), Contains("no \"annotations\" section, so no image has a box; it "
                                           "has annotation, info"));
  CHECK(load(good()).notes.empty());
  Json empty = good();
  empty["annotations"] = Json::array();
  CHECK(load(empty).notes.empty());
  Json misspelt = good();
  misspelt["Images"] = misspelt["images"];
  misspelt.erase("images");
  CHECK_THAT(error_of(misspelt),
             Contains("no \"images\" section; expected a COCO file with images, "
                      "annotations, and categories; it has Images"));
}

TEST_CASE("what belongs to a faulty entry is no fault of its own") {
  for (const auto& [section, field] :
       {std::pair("images", "width"), {"categories", "name"}, {"images", "file_name"}}) {
    CAPTURE(section, field);
    Json set = good();
    set[section][0].erase(field);
    data::Problems problems;
    const Dataset loaded = load(set, &problems);
    REQUIRE(problems.kept().size() == 1);
    CHECK_THAT(problems.kept()[0].text, Contains(std::string("has no ") + field));
    CHECK(loaded.objects.size() == 1);
  }
  Json set = good();
  set["annotations"][0]["image_id"] = 99;
  data::Problems problems;
  load(set, &problems);
  CHECK(problems.count(ProblemKind::orphan_annotation) == 1);
}

TEST_CASE("a value of a wrong kind is told with the kind that is expected") {
  for (const auto& [field, value, words] :
       {std::tuple("category_id", Json::array({1}), "category_id is an array, expected an integer"),
        {"image_id", Json::object(), "image_id is an object, expected an integer"},
        {"area", Json::array(), "area is an array, expected a number"},
        {"iscrowd", Json::array(), "iscrowd is an array, expected 0 or 1"},
        {"bbox", Json::object(), "bbox is an object, expected [x, y, width, height]"}}) {
    Json set = good();
    set["annotations"][0][field] = value;
    CHECK_THAT(error_of(set), Contains(words));
  }
}

TEST_CASE("turned boxes are counted") {
  Json set = good();
  set["annotations"][0]["attributes"] = {{"occluded", false}, {"rotation", 0.0}, {"track", "x"}};
  CHECK(load(set).notes.empty());
  set["annotations"][0]["attributes"] = {{"more", {{"rotation", 3}}}, {"list", {1, 2}}};
  CHECK(load(set).notes.empty());
  set["annotations"][0]["attributes"] = {{"occluded", false}, {"rotation", 45.5}};
  set["annotations"][1]["attributes"] = {{"rotation", 90}};
  const Dataset turned = load(set);
  CHECK(turned.objects.size() == 2);
  CHECK_THAT(turned.notes.at(0), Contains("2 boxes with a rotation (attributes.rotation)"));
  const LabelFolder f;
  f.image("images/a.jpg");
  for (const std::string angle : {"0.0", "45"}) {
    f.text("xml/a.xml",
           tests::voc_file({.filename = "a.jpg",
                            .more = "<attributes><attribute><name>rotation</name><value>" + angle +
                                    "</value></attribute></attributes>"}));
    CHECK((f.read_voc().notes.at(0).find("1 box with a rotation") != std::string::npos) ==
          (angle == "45"));
  }
}

TEST_CASE("names that LVIS has as addresses are told with the way to names") {
  Json set = good();
  for (Json& image : set["images"]) {
    image["coco_url"] =
        "http://images.cocodataset.org/train2017/" + std::string(image["file_name"]);
    image.erase("file_name");
  }
  CHECK_THAT(error_of(set),
             Contains("image id 1: has no file_name, but a coco_url, as in LVIS: ") &&
                 Contains("jq '.images |= "));
}

TEST_CASE("two data sets are refused before what fits neither") {
  CHECK_THAT(
      failure([] { data::open({.annotations = "a.json", .voc = "b"}); }, base::ExitCode::usage),
      Contains("give exactly one of --annotations, --tfrecords, --voc, --yolo; found 2"));
}

TEST_CASE("entries of one id and several names are left out with their annotations") {
  Json set = good();
  const auto again = [&](const char* section, size_t index, const char* field, const char* name) {
    Json entry = set[section][index];
    entry[field] = name;
    set[section].push_back(entry);
  };
  again("images", 0, "file_name", "c.jpg");
  again("images", 1, "file_name", "b.jpg");
  again("categories", 0, "name", "screw");
  for (const auto& [id, image, category] : {std::tuple(3, 2, 1), {4, 2, 2}, {5, 1, 2}})
    set["annotations"].push_back(
        {{"id", id}, {"image_id", image}, {"category_id", category}, {"bbox", {1, 1, 5, 5}}});
  data::Problems problems;
  const Dataset d = load(set, &problems);
  REQUIRE(d.images.size() == 1);
  CHECK(d.images[0].file_name == "b.jpg");
  REQUIRE(d.categories.size() == 1);
  CHECK(d.categories[0].name == "nut");
  REQUIRE(d.objects.size() == 2);
  CHECK((d.objects[0].id == 2 && d.objects[1].id == 4));
  CHECK(problems.count(data::Severity::error) == 3);
  REQUIRE(d.notes.size() == 1);
  CHECK_THAT(d.notes[0],
             Contains("3 annotations left out, because their images or categories are"));
  CHECK_THAT(problems.kept().at(1).where, Contains("line 1"));
  CHECK(problems.kept()[1].text == "image id 1 again (c.jpg, after a.jpg)");
}
