// Results of other programs: what can be matched by name is read, and what is no array of
// detections is named for what it is.
#include "data/metrics/foreign_results.h"

#include "data/metrics/detections.h"
#include "tests/support/catch.h"
#include "tests/support/data_folder.h"
#include "tests/support/failure.h"

using Catch::Contains;
using data::DetectionFile;

namespace {

data::Dataset truth() {
  data::Dataset set;
  set.categories = {{1, "bolt"}, {2, "nut"}};
  set.images = {{.id = 1, .file_name = "a.jpg"}, {.id = 2, .file_name = "b.jpg"}};
  return set;
}

DetectionFile load(const std::string& text) {
  const tests::DataFolder f;
  f.text("d.json", text);
  return data::load_detections(f.at("d.json"), truth());
}

std::string error_of(const std::string& text) {
  return tests::failure([&] { load(text); });
}

std::string entry(const std::string& ids) {
  return "[{" + ids + R"(, "bbox": [1, 2, 3, 4], "score": 0.5}])";
}

}  // namespace

TEST_CASE("a name takes the place of an id that is text or absent") {
  const DetectionFile file = load(R"([
    {"image_id": "b", "category_id": 2, "bbox": [1, 2, 3, 4], "score": 0.5, "file_name": "b.jpg"},
    {"image_id": "b", "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.4, "file_name": "b.jpg"},
    {"image_id": "a", "category_id": 2, "bbox": [1, 2, 3, 4], "score": 0.3, "file_name": "a.jpg"},
    {"file_name": "a.jpg", "category": "nut", "bbox": [1, 2, 3, 4], "score": 0.2},
    {"image_id": 1, "category_id": "nut", "category": "bolt", "bbox": [1, 2, 3, 4],
     "score": 0.1}])");
  REQUIRE(file.detections.size() == 5);
  const int64_t images[] = {2, 2, 1, 1, 1};
  const int32_t categories[] = {1, 0, 1, 1, 0};
  for (size_t i = 0; i < 5; ++i) {
    CHECK(file.detections[i].image_id == images[i]);
    CHECK(file.detections[i].category == categories[i]);
  }
  CHECK(file.images_by_name == 4);
  CHECK(file.categories_by_name == 0);  // no other id was given
  CHECK(file.doubled_images == 0);
}

TEST_CASE("names that are nearly those of images are told where none fits") {
  const auto named = [](const std::string& name) {
    return error_of(R"([{"image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5,
                         "file_name": ")" +
                    name + "\"}]");
  };
  CHECK_THAT(named("photos/B.JPG"),
             Contains("the first is photos/B.JPG; the annotations have b.jpg, "
                      "which is nearly that name: give both one name"));
  for (const char* name : {"photos/c.jpg", "photos/a.jpg/"})
    CHECK_THAT(named(name), Contains("are these detections of other images?"));
}

TEST_CASE("without a name, an id that is text is refused with what would do") {
  CHECK_THAT(
      error_of(entry(R"("image_id": "b", "category_id": 1)")),
      Contains("detection 0: image_id is the string \"b\", expected an integer, or file_name "
               "with the name of its image"));
  CHECK_THAT(error_of(entry(R"("image_id": 1, "category_id": "1")")),
             Contains("category_id is the string \"1\", expected an integer, or category with the "
                      "name of its class"));
  CHECK_THAT(error_of(entry(R"("category_id": 1)")), Contains("has no image_id, expected"));
  CHECK_THAT(error_of(entry(R"("image_id": 1)")), Contains("has no category_id, expected"));
  // The text of one entry is not that of the next one.
  const std::string named = R"([{"image_id": "b", "category_id": 1, "file_name": "b.jpg",
      "bbox": [1, 2, 3, 4], "score": 1}, {"category_id": 1, "bbox": [1, 2, 3, 4], "score": 1}])";
  CHECK_THAT(error_of(named), Contains("detection 1: has no image_id"));
}

TEST_CASE("files that are no array of detections are named for what they are") {
  for (const auto& [text, words] :
       {std::pair<std::string, std::string>("\x1f\x8brest", "a gzip file: unpack it with gunzip"),
        {"PK\x03\x04rest", "a zip file: unpack it"},
        {"\x89PNG\r\n", "a picture, expected an array of detections"},
        {"image,x,y,w,h,score\na.jpg,1,2,3,4,.5\n", "a table (CSV), expected an array of"},
        {"<annotation></annotation>", "XML or HTML, expected an array of detections"},
        {"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"},
        {std::string("\xff\xfe[\0]\0", 6), "iconv -f UTF-16"},
        {R"({"annotations": [{"image_id": 1, "category_id": 1, "score": 0.5}]})",
         "if the array stands in it, write that alone into a file, as `jq .annotations` does"},
        {R"({"boxes": [[1, 2, 3, 4]], "labels": [1], "scores": [0.5]})",
         "an object of lists, expected an array of detections, each {\"image_id\": 1"},
        {R"({"images": [], "annotations": []})", "is it an annotation file?"}}) {
    INFO(text);
    CHECK_THAT(error_of(text), Contains(words));
  }
  CHECK(data::foreign_results("[]").empty());
  CHECK(data::foreign_results(R"({"image_id": 1, "bbox": [1, 2, 3, 4], "score": 1})").empty());
}
