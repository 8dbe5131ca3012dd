// COCO annotation files: what is read, and what is refused with which words.
#include "data/formats/coco.h"
#include "tests/support/catch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "engine/base/error.h"
#include "tests/support/paths.h"

using data::Dataset;

namespace {

std::string write_text(const tests::TemporaryFolder& folder, const std::string& text) {
  std::string path = (folder.path() / "a.json").string();
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

Dataset load_text(const std::string& text, const data::CocoOptions& options = {}) {
  tests::TemporaryFolder folder;
  return data::load_coco(write_text(folder, text), "images", options);
}

// The message without the file name, or "" when it loads.
std::string error_of(const std::string& text) {
  tests::TemporaryFolder folder;
  std::string path = write_text(folder, text);
  try {
    data::load_coco(path, "images");
  } catch (const base::Error& error) {
    std::string message = error.what();
    REQUIRE(error.code() == base::ExitCode::data);
    REQUIRE(message.starts_with(path + ": "));
    REQUIRE(message.find('\n') == std::string::npos);
    return message.substr(path.size() + 2);
  }
  return "";
}

const std::string kImage = R"({"id": 7, "file_name": "a.jpg", "width": 64, "height": 48})";
const std::string kBox =
    R"({"id": 5, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4], "area": 9, "iscrowd": 0})";
const std::string kCategory = R"({"id": 3, "name": "cat"})";

std::string file(const std::string& images, const std::string& annotations,
                 const std::string& categories = kCategory) {
  return R"({"images": [)" + images + R"(], "annotations": [)" + annotations +
         R"(], "categories": [)" + categories + "]}";
}
std::string with_box(const std::string& box) {
  return file(kImage, R"({"id": 5, "image_id": 7, "category_id": 3, "bbox": )" + box + "}");
}
std::string with_key(const std::string& entry, const std::string& field) {
  return entry.substr(0, entry.size() - 1) + ", " + field + "}";
}
// The entry with this field, in place of one with the same key. Only the first key is found.
std::string with_value(std::string entry, const std::string& field) {
  const std::string key = field.substr(0, field.find(':') + 1);
  const size_t start = entry.find(key);
  if (start == entry.npos) return with_key(entry, field);
  size_t end = start, depth = 0;
  for (; depth > 0 || (entry[end] != ',' && entry[end] != '}'); ++end)
    depth += size_t(entry[end] == '[') - size_t(entry[end] == ']');
  return entry.replace(start, end - start, field);
}
std::string with_field(const std::string& field) { return file(kImage, with_value(kBox, field)); }
std::string with_image_field(const std::string& field) {
  return file(with_value(kImage, field), kBox);
}
std::string nested(int depth) { return std::string(depth, '[') + std::string(depth, ']'); }

struct Case {
  const char* name;
  std::string text;
  const char* message;  // part of the error; empty: the file loads
};

std::vector<Case> cases() {
  return {
      {"plain", file(kImage, kBox), ""},
      {"empty file", "", "the file is empty (0 bytes), expected a COCO file"},
      {"blanks only", " \n\t ", "the file holds only blanks, expected a COCO file"},
      {"cut off", file(kImage, kBox).substr(0, 90), "no valid JSON"},
      {"byte order mark", "\xef\xbb\xbf" + file(kImage, kBox), ""},
      {"half a byte order mark", "\xef\xbb" + file(kImage, kBox), "no valid JSON"},
      {"carriage returns", "{\r\n" + file(kImage, kBox).substr(1), ""},
      {"trailing garbage", file(kImage, kBox) + " x", "no valid JSON"},
      {"two values", file(kImage, kBox) + "{}", "no valid JSON"},
      {"binary", std::string("\x00\x01\xff\xfe", 4), "no valid JSON"},
      {"comment", "/* a */" + file(kImage, kBox), "no valid JSON"},
      {"a results file", "[" + kBox + "]", "the file is an array, expected an object"},
      {"a number", "17", "the file is an integer, expected an object"},
      {"null", "null", "the file is null"},
      {"no sections", "{}", "no \"images\" section"},
      {"no images", R"({"annotations": [], "categories": []})", "no \"images\" section"},
      {"no categories", R"({"images": [], "annotations": [)" + kBox + "]}",
       "no \"categories\" section"},
      {"no annotations, as in test sets", R"({"images": [)" + kImage + R"(], "categories": []})",
       ""},
      {"empty sections", file("", "", ""), ""},
      {"images twice", R"({"images": [], "images": [], "categories": []})",
       "a second \"images\" section"},
      {"images is an object", R"({"images": {"1": 2}})",
       "\"images\" is an object, expected an array"},
      {"images is null", R"({"images": null})", "\"images\" is null, expected an array"},
      {"entry is a number", file(kImage, "3"), "annotations[0]: is an integer, expected an object"},
      {"entry is an array", file(kImage, kBox + ", [1]"), "annotations[1]: is an array"},
      {"entry is null", file("null", ""), "images[0]: is null"},
      {"annotations before images",
       R"({"annotations": [)" + kBox + R"(], "categories": [)" + kCategory + R"(], "images": [)" +
           kImage + "]}",
       ""},
      {"unknown keys", R"({"info": {"a": [1, {"images": [3]}]}, )" + file(kImage, kBox).substr(1),
       ""},
      {"unknown key with an own bbox", with_field(R"("attributes": {"bbox": [1], "id": "x"})"), ""},
      {"depth 63 skipped", R"({"x": )" + nested(63) + ", " + file(kImage, kBox).substr(1), ""},
      {"depth 65", R"({"x": )" + nested(64) + "}", "nested deeper than 64"},
      {"depth 1000000", R"({"x": )" + std::string(1'000'000, '['), "nested deeper than 64"},
      {"deep segmentation", with_field(R"("segmentation": )" + nested(80)),
       "nested deeper than 64"},
      {"bbox of three", with_box("[1, 2, 3]"), "annotation id 5: bbox has 3 numbers, expected 4"},
      {"bbox of five", with_box("[1, 2, 3, 4, 5]"),
       "annotation id 5: bbox has 5 numbers, expected 4"},
      {"bbox empty", with_box("[]"), "bbox has 0 numbers"},
      {"bbox null", with_box("null"), "annotation id 5: bbox is null"},
      {"bbox object", with_box(R"({"x": 1})"), "bbox is an object"},
      {"bbox text", with_box(R"("1,2,3,4")"), "bbox is the string \"1,2,3,4\""},
      {"bbox of texts", with_box(R"(["1", 2, 3, 4])"), "bbox holds the string \"1\""},
      {"bbox of arrays", with_box("[[1, 2, 3, 4]]"), "bbox holds an array"},
      {"bbox with null", with_box("[1, null, 3, 4]"), "bbox holds null"},
      {"bbox missing", file(kImage, R"({"id": 5, "image_id": 7, "category_id": 3})"),
       "has no bbox"},
      {"bbox 1e309", with_box("[1e309, 2, 3, 4]"), "number overflow parsing '1e309'"},
      {"bbox NaN", with_box("[NaN, 2, 3, 4]"), "no valid JSON"},
      {"bbox Infinity", with_box("[1, 2, Infinity, 4]"), "no valid JSON"},
      {"bbox -Infinity", with_box("[1, 2, -Infinity, 4]"), "no valid JSON"},
      {"bbox hexadecimal", with_box("[0x10, 2, 3, 4]"), "no valid JSON"},
      {"bbox with leading zero", with_box("[01, 2, 3, 4]"), "no valid JSON"},
      {"bbox with a comma too many", with_box("[1, 2, 3, 4,]"), "no valid JSON"},
      {"bbox zero", with_box("[1, 2, 0, 0]"), ""},
      {"bbox negative", with_box("[1, 2, -3, -4]"), ""},
      {"bbox far outside", with_box("[1e300, 2, 1e300, 1e300]"), ""},
      {"bbox denormal", with_box("[1e-310, 2, 3, 4]"), ""},
      {"area text", with_field(R"("area": "9")"), "area is the string \"9\", expected a number"},
      {"area array", with_field(R"("area": [9])"), "area is an array"},
      {"iscrowd true", with_field(R"("iscrowd": true)"), ""},
      {"iscrowd null", with_field(R"("iscrowd": null)"), ""},
      {"area null", with_field(R"("area": null)"), ""},
      {"supercategory null", file(kImage, kBox, R"({"id": 3, "name": "a", "supercategory": null})"),
       ""},
      {"annotations null", R"({"images": [], "annotations": null, "categories": null})", ""},
      {"iscrowd 2", with_field(R"("iscrowd": 2)"), "iscrowd is 2, expected 0 or 1"},
      {"iscrowd text", with_field(R"("iscrowd": "no")"),
       "iscrowd is the string \"no\", expected 0 or 1"},
      {"id text", with_field(R"("id": "5")"), "id is the string \"5\", expected an integer"},
      {"id fraction", with_field(R"("id": 5.5)"), "id is not a 64-bit integer"},
      {"id 5.0", with_field(R"("id": 5.0)"), ""},
      {"id largest", with_field(R"("id": 9223372036854775807)"), ""},
      {"id too large", with_field(R"("id": 9223372036854775808)"), "id is not a 64-bit integer"},
      {"id huge", with_field(R"("id": 1e300)"), "id is not a 64-bit integer"},
      {"id negative", with_field(R"("id": -1)"), ""},
      {"id zero", with_field(R"("id": 0)"), ""},
      {"id boolean", with_field(R"("id": true)"), "id is true or false"},
      {"id missing", file(kImage, R"({"image_id": 7})"), "annotations[0]: has no id"},
      {"image_id null", with_field(R"("image_id": null)"), "annotation id 5: image_id is null"},
      {"orphan", with_field(R"("image_id": 8)"),
       "annotation id 5: image_id 8 is not among the images"},
      {"category from 0", with_field(R"("category_id": 0)"),
       "category_id 0 is not among the categories; are they counted from 0?"},
      {"zeros at the end", file(kImage, kBox) + std::string(9, '\0'), ""},
      {"text behind zeros", file(kImage, kBox) + std::string("\0\0x", 3),
       "a zero byte, at which the text ends, and more text behind it"},
      {"zero in between", std::string("{\0\"images\": []}", 15),
       "no valid JSON: a zero byte, at which the text ends before all brackets are closed"},
      {"merge conflict", "{\"images\": [],\n<<<<<<< HEAD\n\"annotations\": []}",
       "no valid JSON: a merge conflict"},
      {"category unknown", with_field(R"("category_id": 4)"),
       "line 1: annotation id 5 of a.jpg: category_id 4 is not among the categories; `ssddata "
       "check`"},
      {"annotation twice", file(kImage, kBox + "," + kBox), ""},
      {"image twice", file(kImage + "," + kImage, kBox),
       "image id 7 again (a.jpg, after a.jpg); `ssddata check`"},
      {"category twice", file(kImage, kBox, kCategory + "," + kCategory), "category id 3"},
      {"category without name", file(kImage, kBox, R"({"id": 3})"), "category id 3: has no name"},
      {"category with empty name", file(kImage, kBox, R"({"id": 3, "name": ""})"),
       "has an empty name"},
      {"category name a number", file(kImage, kBox, R"({"id": 3, "name": 3})"),
       "name is an integer"},
      {"width zero", with_image_field(R"("width": 0)"), "image id 7: is 0 x 48 pixels"},
      {"width negative", with_image_field(R"("width": -64)"), "is -64 x 48 pixels"},
      {"width huge", with_image_field(R"("width": 99999999999)"), "is 99999999999 x 48 pixels"},
      {"width fraction", with_image_field(R"("width": 64.5)"), "width is not a 64-bit integer"},
      {"width missing", file(R"({"id": 7, "file_name": "a", "height": 3})", ""),
       "image id 7: has no width"},
      {"file name missing", file(R"({"id": 7, "width": 3, "height": 3})", ""), "has no file_name"},
      {"file name a number", with_image_field(R"("file_name": 3)"), "file_name is an integer"},
      {"file name empty", with_image_field(R"("file_name": "")"), "does not stay below"},
      {"file name absolute", with_image_field(R"("file_name": "/etc/passwd")"),
       "does not stay below"},
      {"file name upwards", with_image_field(R"("file_name": "a/../../b")"), "does not stay below"},
      {"file name of Windows", with_image_field(R"("file_name": "C:\\a.jpg")"),
       "does not stay below"},
      {"file name backslashes up", with_image_field(R"("file_name": "..\\a.jpg")"),
       "does not stay below"},
      {"file name with NUL", with_image_field(R"("file_name": "a\u0000.jpg")"),
       "does not stay below"},
      {"file name of 5000 bytes",
       with_image_field("\"file_name\": \"" + std::string(5000, 'a') + "\""),
       "does not stay below"},
      {"file name in a folder", with_image_field(R"("file_name": "train/..a.jpg")"), ""},
      {"file name not UTF-8", with_image_field("\"file_name\": \"\xff.jpg\""), "no valid JSON"},
      {"lone surrogate", with_image_field(R"("file_name": "\ud800")"), "no valid JSON"},
      {"string over 1 MiB", with_field("\"x\": \"" + std::string(2 << 20, 'a') + "\""),
       "a string or gap longer than 1 MiB"},
      {"key over 1 MiB", with_field("\"" + std::string(2 << 20, 'a') + "\": 1"),
       "longer than 1 MiB"},
      {"gap over 1 MiB", std::string(2 << 20, ' ') + file(kImage, kBox), "longer than 1 MiB"},
      {"polygon over 1 MiB", with_field("\"segmentation\": [[" + std::string(2 << 20, ' ') + "1]]"),
       ""},
      {"run lengths", with_field(R"("segmentation": {"counts": "a]\"}b", "size": [1, 2]})"), ""},
      {"polygon not closed", with_field(R"("segmentation": [[1, 2])"), "no valid JSON"},
      {"polygon closed wrongly", with_field(R"("segmentation": [[1, 2}])"), "no valid JSON"},
      {"segmentation null", with_field(R"("segmentation": null)"), ""},
      {"bbox twice", file(kImage, with_key(kBox, R"("bbox": [4, 3, 2, 1])")),
       "line 1: annotation id 5: has bbox twice"},
      {"id twice", file(kImage, with_key(kBox, R"("id": 6)")), "annotation id 6: has id twice"},
      {"polygon twice", with_field(R"("segmentation": [], "segmentation": [])"),
       "annotation id 5: has segmentation twice"},
      {"width twice", file(with_key(kImage, R"("width": 64)"), kBox),
       "image id 7: has width twice"},
      {"name twice", file(kImage, kBox, with_key(kCategory, R"("name": "dog")")),
       "category id 3: has name twice"},
      {"unknown key twice", with_field(R"("x": 1, "x": 2)"), ""},
  };
}

}  // namespace

TEST_CASE("every odd annotation file has its documented outcome") {
  REQUIRE(cases().size() >= 60);
  for (const Case& c : cases()) {
    INFO(c.name);
    std::string error = error_of(c.text);
    CAPTURE(error);
    if (std::string(c.message).empty()) {
      CHECK(error.empty());
    } else {
      CHECK(error.find(c.message) != std::string::npos);
    }
  }
}

TEST_CASE("a file cut off at any byte is refused, and never read beyond") {
  std::string whole = with_field(R"("segmentation": [[1, 2, "]"], {}])");
  for (size_t size = 0; size < whole.size(); ++size) {
    INFO(size);
    CHECK_FALSE(error_of(whole.substr(0, size)).empty());
  }
}

TEST_CASE("messages say byte and line") {
  std::string text = "{\n\"images\": [" + kImage + "],\n\"annotations\": [\n" +
                     R"({"bbox": [1, 2, 3], "id": 5, "image_id": 7, "category_id": 3}]})";
  size_t brace = text.find("}]}") + 1;
  CHECK(error_of(text) ==
        fmt::format("byte {}, line 4: annotation id 5: bbox has 3 numbers, expected 4; "
                    "`ssddata check` lists every problem, and `ssddata convert "
                    "--leave-out-faulty --to-coco FILE` writes a file without such entries",
                    brace));
}

TEST_CASE("values arrive where they belong") {
  std::string second = R"({"id": 8, "file_name": "b.jpg", "width": 5, "height": 6})";
  auto box = [](int id, int image, const char* rest) {
    return fmt::format(
        R"({{"id": {}, "image_id": {}, "category_id": 90, "bbox": [1.25, 2, 3, 4]{}}})", id, image,
        rest);
  };
  Dataset d = load_text(file(
      kImage + "," + second,
      box(1, 8, R"(, "area": 2.5, "iscrowd": 1, "segmentation": {"counts": [1], "size": [1]})") +
          "," + box(2, 7, R"(, "segmentation": [[1, 2]])") + "," +
          box(3, 8, R"(, "segmentation": [])"),
      kCategory + R"(, {"id": 90, "name": "dog"})"));
  REQUIRE(d.images.size() == 2);
  REQUIRE(d.objects.size() == 3);
  CHECK(d.image_folder == "images");
  CHECK(d.images[1].file_name == "b.jpg");
  CHECK(d.images[1].width == 5);
  CHECK(d.images[1].height == 6);
  auto objects = d.objects_of(d.images[1]);
  REQUIRE(objects.size() == 2);
  CHECK(objects[0].id == 1);
  CHECK(objects[1].id == 3);
  CHECK(objects[0].crowd);
  CHECK_FALSE(objects[1].crowd);
  CHECK(objects[0].area == 2.5);
  CHECK(objects[1].area == 12);
  CHECK(objects[0].x == 1.25);
  CHECK(d.categories[objects[0].category].name == "dog");
}

TEST_CASE("a sink collects what would be an error, and the rest is loaded") {
  data::Problems problems;
  Dataset d = load_text(
      file(kImage + "," + kImage + R"(, {"id": 9, "file_name": "../x", "width": 1, "height": 1})",
           kBox + R"(, {"id": 6, "image_id": 99, "category_id": 3, "bbox": [1, 2, 3, 4]})" +
               R"(, {"id": 10, "image_id": 7, "category_id": 99, "bbox": [1, 2, 3, 4]})" +
               R"(, {"id": 11, "image_id": 7, "category_id": 3, "bbox": [1, 2]}, 17, )" + kBox,
           kCategory + "," + kCategory + R"(, {"id": 4})"),
      {.problems = &problems});
  CHECK(d.images.size() == 1);
  CHECK(d.objects.size() == 2);
  using enum data::ProblemKind;
  for (auto kind : {duplicate_image_id, unsafe_file_name, orphan_annotation, unknown_category,
                    duplicate_annotation_id, duplicate_category_id, bad_category}) {
    INFO(data::rule_of(kind).name);
    CHECK(problems.count(kind) == 1);
  }
  CHECK(problems.count(bad_annotation) == 2);
  CHECK(problems.count(data::Severity::error) == 8);
}

TEST_CASE("annotation ids that occur twice are numbered anew, and this is said") {
  const std::string other = R"({"id": 9, "image_id": 7, "category_id": 3, "bbox": [1, 2, 3, 4]})";
  const Dataset unique = load_text(file(kImage, kBox + "," + other));
  CHECK(unique.notes.empty());
  CHECK(unique.objects.at(1).id == 9);
  const Dataset set = load_text(file(kImage, other + "," + kBox + "," + kBox));
  REQUIRE(set.objects.size() == 3);
  for (size_t i = 0; i < 3; ++i) CHECK(set.objects[i].id == int64_t(i + 1));
  REQUIRE(set.notes.size() == 1);
  CHECK_THAT(set.notes[0], Catch::Contains("1 of 3 annotation ids occur again"));
}

TEST_CASE("backslashes are folders where such a file is there, and part of a name elsewhere") {
  const tests::TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "sub");
  for (const char* name : {"sub/a.jpg", "sub/b.jpg", "sub\\b.jpg"})
    std::ofstream(folder.path() / name) << "x";
  std::string images;
  int id = 1;
  for (const char* name : {"sub/a.jpg", "sub\\\\a.jpg", "sub\\\\b.jpg", "sub\\\\c.jpg"})
    images += fmt::format(R"({}{{"id": {}, "file_name": "{}", "width": 6, "height": 4}})",
                          id == 1 ? "" : ",", id, name),
        ++id;
  const std::string path = write_text(folder, file(images, ""));
  const Dataset set = data::load_coco(path, folder.path().string());
  REQUIRE(set.images.size() == 4);
  CHECK(set.images[0].file_name == "sub/a.jpg");
  CHECK(set.images[1].file_name == "sub/a.jpg");
  CHECK(set.images[2].file_name == "sub\\b.jpg");  // a file has this name
  CHECK(set.images[3].file_name == "sub\\c.jpg");  // no file has either
  REQUIRE(set.notes.size() == 1);
  CHECK_THAT(set.notes[0], Catch::Contains("1 of 4 file names"));
}

TEST_CASE("files that are no files") {
  tests::TemporaryFolder folder;
  CHECK_THROWS_AS(data::load_coco(folder.path().string(), ""), base::Error);
  CHECK_THROWS_AS(data::load_coco((folder.path() / "absent").string(), ""), base::Error);
}

TEST_CASE("the real data sets have the documented counts") {
  auto shared = tests::shared_data();
  if (shared.empty()) return;
  struct Set {
    const char* path;
    size_t images, boxes, categories, crowds;
  };
  for (const Set& set : {Set{"bccd/annotations/instances_train.json", 291, 3880, 3, 0},
                         Set{"bccd/annotations/instances_val.json", 73, 1006, 3, 0},
                         Set{"coco-ccby/annotations/instances_train.json", 201, 1663, 80, 16},
                         Set{"coco-ccby/annotations/instances_val.json", 50, 459, 80, 5}}) {
    if (!std::filesystem::exists(shared / set.path)) continue;
    INFO(set.path);
    Dataset d = data::load_coco((shared / set.path).string(), "");
    CHECK(d.images.size() == set.images);
    CHECK(d.objects.size() == set.boxes);
    CHECK(d.categories.size() == set.categories);
    CHECK(std::count_if(d.objects.begin(), d.objects.end(), [](auto& o) { return o.crowd; }) ==
          static_cast<long>(set.crowds));
  }
}
