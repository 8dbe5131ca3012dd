// Detections that a detector numbered by itself find the images and categories of their names.
#include "data/metrics/detection_names.h"

#include <fstream>

#include "data/metrics/detections.h"
#include "engine/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"

using data::Dataset, data::DetectionFile, data::DetectionNames;

namespace {

Dataset truth() {
  Dataset set;
  set.categories = {{7, "nut"}, {3, "bolt"}};
  set.images = {{.id = 30, .width = 9, .height = 9, .file_name = "b.jpg"},
                {.id = 10, .width = 9, .height = 9, .file_name = "cam1/a.jpg"},
                {.id = 20, .width = 9, .height = 9, .file_name = "cam2/a.jpg"}};
  return set;
}

// A results file of these entries; each is the text of an object without its box and score.
DetectionFile loaded(const std::vector<std::string>& entries) {
  const tests::TemporaryFolder folder;
  const std::string path = folder.path() / "found.json";
  std::ofstream file(path);
  for (size_t i = 0; i < entries.size(); ++i)
    file << (i ? "," : "[") << "{" << entries[i] << R"(, "bbox": [1, 2, 3, 4], "score": 0.5})";
  file << "]";
  file.close();
  return data::load_detections(path, truth());
}

std::string failure(const std::vector<std::string>& entries) {
  try {
    loaded(entries);
  } catch (const base::Error& error) {
    CHECK(error.code() == base::ExitCode::data);
    return error.what();
  }
  return "no error";
}

}  // namespace

TEST_CASE("an image is found by the whole name, or by the only path that ends alike") {
  const Dataset set = truth();
  const DetectionNames names(set);
  CHECK(names.image_of("b.jpg", -1) == 30);
  CHECK(names.image_of("photos/b.jpg", -1) == 30);
  CHECK(names.image_of("cam1/a.jpg", -1) == 10);
  CHECK(names.image_of("photos/cam2/a.jpg", -1) == 20);
  CHECK(names.image_of("a.jpg", -1) == DetectionNames::kSeveral);
  CHECK(names.image_of("a.jpg", 20) == DetectionNames::kSeveral);  // the id may be a detector's own
  CHECK(names.image_of("bb.jpg", 30) == DetectionNames::kNone);
  CHECK(names.image_of("", 30) == DetectionNames::kNone);
  CHECK(names.image_of("photos\\b.jpg", 1) == 30);
}

TEST_CASE("the folders of a data set's layout are no part of its names") {
  Dataset set;
  set.layout_folders = {".", "", "images/val", "images/val/b"};
  set.images = {{.id = 1, .file_name = "images/val/1.jpg"},
                {.id = 2, .file_name = "images/val/b/2.jpg"},
                {.id = 3, .file_name = "images/val/a/3.jpg"},
                {.id = 4, .file_name = "images/val/b/3.jpg"},
                {.id = 5, .file_name = "images/values/5.jpg"}};
  const DetectionNames names(set);
  CHECK(names.image_of("copies/1.jpg", -1) == 1);
  CHECK(names.image_of("copies/2.jpg", -1) == 2);
  CHECK(names.image_of("x/a/3.jpg", -1) == DetectionNames::kSeveral);  // also that of b
  CHECK(names.image_of("b/3.jpg", -1) == 4);  // this much of the name is enough
  CHECK(names.image_of("copies/3.jpg", -1) == 4);
  CHECK(names.image_of("copies/5.jpg", -1) == DetectionNames::kNone);
  set.layout_folders = {"images/val"};
  CHECK(DetectionNames(set).image_of("copies/3.jpg", -1) == DetectionNames::kNone);
}

TEST_CASE("a category name that occurs twice names none") {
  Dataset set = truth();
  set.categories.push_back({9, "nut"});
  const DetectionNames names(set);
  CHECK(names.category_of("bolt") == 1);
  CHECK(names.category_of("nut") == -1);
  CHECK(names.category_of("gear") == -1);
  CHECK(names.category_of("B_olt ") == 1);
}

TEST_CASE("names decide where ids mean something else, and this is counted") {
  const DetectionFile file =
      loaded({R"("image_id": 10, "category_id": 3, "file_name": "x/b.jpg", "category": "nut")",
              R"("image_id": 30, "category_id": 7, "file_name": "x/b.jpg", "category": "nut")",
              R"("image_id": 1, "category_id": 1, "file_name": "cam2/a.jpg")",
              R"("image_id": 20, "category_id": 3)"});
  REQUIRE(file.detections.size() == 3);
  CHECK(file.detections[0].image_id == 30);
  CHECK(file.detections[0].category == 0);
  CHECK(file.detections[1].image_id == 30);
  CHECK(file.detections[2].image_id == 20);
  CHECK(file.images_by_name == 2);
  CHECK(file.categories_by_name == 1);
  CHECK(file.unknown_categories == 1);  // the third has no name, and its id is unknown
}

TEST_CASE("detections in images without annotations are counted; if all are, they are refused") {
  const DetectionFile file = loaded({R"("image_id": 10, "category_id": 3, "file_name": "z.jpg")",
                                     R"("image_id": 10, "category_id": 3, "file_name": "b.jpg")"});
  CHECK(file.detections.size() == 1);
  CHECK(file.unknown_images == 1);
  CHECK(file.first_unknown_image == "z.jpg");
  CHECK_THAT(failure({R"("image_id": 10, "category_id": 3, "file_name": "z.jpg")"}),
             Catch::Contains("none of the file names") && Catch::Contains("z.jpg"));
  const DetectionFile other_class =
      loaded({R"("image_id": 10, "category_id": 3, "file_name": "z.jpg")",
              R"("image_id": 10, "category_id": 3, "file_name": "b.jpg", "category": "gear")"});
  CHECK(other_class.detections.empty());
  CHECK(other_class.unknown_category_names == std::vector<std::string>{"gear"});
  CHECK_THAT(failure({R"("image_id": 11, "category_id": 3)"}), Catch::Contains("image_id 11"));
  CHECK_THAT(failure({R"("image_id": 10, "category_id": 3, "file_name": 5)"}),
             Catch::Contains("file_name"));
  CHECK_THAT(failure({R"("image_id": 10, "category_id": 3, "category": ["nut"])"}),
             Catch::Contains("category"));
}

TEST_CASE("two pictures that would become one annotated image are refused") {
  CHECK_THAT(failure({R"("image_id": 1, "category_id": 3, "file_name": "camA/b.jpg")",
                      R"("image_id": 2, "category_id": 3, "file_name": "camB/b.jpg")"}),
             Catch::Contains("camA/b.jpg") && Catch::Contains("camB/b.jpg"));
  CHECK_THAT(failure({R"("image_id": 20, "category_id": 3, "file_name": "a.jpg")"}),
             Catch::Contains("fits several"));
}
