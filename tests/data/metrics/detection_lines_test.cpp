// Detections with an object on each line, as `ssddetect --json-lines` writes them.
#include "data/formats/foreign_json.h"
#include "data/metrics/detections.h"
#include "tests/support/catch.h"

#include <algorithm>

#include "tests/support/failure.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"

using Catch::Contains, std::string;

namespace {

data::Dataset two_images() {
  data::Dataset truth;
  truth.categories = {{7, "seven"}, {3, "three"}};
  truth.images = {{.id = 42, .file_name = "a.jpg"}, {.id = 5, .file_name = "b.jpg"}};
  return truth;
}

data::DetectionFile load(const string& text) {
  tests::TemporaryFolder folder;
  const string path = (folder.path() / "d.jsonl").string();
  tests::write_text(path, text);
  return data::load_detections(path, two_images());
}

string error_of(const string& text) {
  const string message = tests::failure([&] { load(text); });
  return message.substr(std::min(message.find("d.jsonl: "), message.size()));
}

const string kBoxes = R"({"category_id":1,"category":"three","bbox":[1,2.5,3e1,4],"score":0.25},)"
                      R"({"category_id":2,"category":"seven","bbox":[0,0,9,9],"score":0.5})";
const string kFirst = R"({"image_id":1,"file_name":"in/a.jpg","width":64,"height":48,)"
                      R"("detections":[)" +
                      kBoxes + "]}\n";
const string kNone =
    R"({"image_id":2,"file_name":"in/b.jpg","width":64,"height":48,"detections":[]})"
    "\n";
const string kUnread = R"({"image_id":3,"file_name":"in/c.jpg","error":"in/c.jpg: no JPEG"})"
                       "\n";

}  // namespace

TEST_CASE("lines of images give their boxes by the names of files and classes") {
  const data::DetectionFile file = load(kNone + kFirst + "\n" + kUnread);
  REQUIRE(file.detections.size() == 2);
  const data::Detection &d = file.detections[0], &next = file.detections[1];
  CHECK((d.image_id == 42 && d.category == 1 && d.x == 1 && d.y == 2.5 && d.width == 30));
  CHECK((d.height == 4 && d.score == 0.25));
  CHECK((next.image_id == 42 && next.category == 0 && next.width == 9 && next.score == 0.5));
  CHECK(file.images_by_name == 2);
  CHECK((file.unread_images == 1 && file.first_unread == "in/c.jpg: no JPEG"));
}

TEST_CASE("one line is read, with or without its end and a byte order mark") {
  CHECK(load(kFirst).detections.size() == 2);
  CHECK(load(kFirst.substr(0, kFirst.size() - 1)).detections.size() == 2);
  CHECK(load("\xef\xbb\xbf" + kFirst).detections.size() == 2);
  CHECK(load(kNone).detections.empty());
  string windows = kFirst + kNone;
  windows.insert(windows.find('\n'), "\r");
  CHECK(load(windows).detections.size() == 2);
}

TEST_CASE("a detection on each line is read like an array of them") {
  const string one = R"({"score":0.5, "image_id": 5, "category_id": 7, "bbox": [1, 2, 3, 4]})";
  const data::DetectionFile file = load(one + "\n" + one + "\n");
  REQUIRE(file.detections.size() == 2);
  CHECK((file.detections[1].image_id == 5 && file.detections[1].category == 0));
}

TEST_CASE("what is wrong in a line is told with its number") {
  const string cut = kNone + kFirst.substr(0, kFirst.size() / 2);
  CHECK_THAT(error_of(cut), Contains("line 2: no valid JSON") &&
                                Contains("; if the line is cut off, remove it or run ssddetect"));
  CHECK_THAT(error_of(kFirst.substr(0, 60) + "\n" + kNone),
             Contains("line 1: no valid JSON") && !Contains("cut off"));
  CHECK_THAT(error_of(kNone + "[1]\n"), Contains("line 2: expected an object on each line"));
  CHECK_THAT(error_of(kNone + R"({"image_id": 1, "detections": 3})"),
             Contains("line 2: detections is no array"));
  CHECK_THAT(error_of(kNone + R"({"image_id": 1, "detections": [3]})"),
             Contains("line 2: detections holds a value that is no object"));
  string text = kNone + kFirst;
  text.replace(text.find("0.25"), 4, "\"a\"");
  CHECK_THAT(error_of(text), Contains("line 2: detection 0: score is the string \"a\""));
  CHECK_THAT(error_of(kNone + R"({"image_id":)" + string(100, '[')),
             Contains("line 2: arrays and objects nested deeper than 64"));
}

TEST_CASE("a field that stands twice in a line or an entry is refused, as in an array") {
  const auto twice = [](const string& text, const string& field, const string& with) {
    string changed = text;
    changed.insert(changed.find(field), with);
    return error_of(kNone + changed);
  };
  CHECK_THAT(twice(kFirst, "\"score\"", "\"score\":1,"),
             Contains("line 2: has score twice in one object"));
  CHECK_THAT(twice(kFirst, "\"category\"", "\"category\":\"a\","), Contains("has category twice"));
  CHECK_THAT(twice(kFirst, "\"file_name\"", "\"file_name\":\"a\","), Contains("file_name twice"));
  CHECK_THAT(twice(kFirst, "\"detections\"", "\"detections\":[],"), Contains("detections twice"));
  CHECK_THAT(twice(kUnread, "\"error\"", "\"error\":\"\","), Contains("line 2: has error twice"));
  const string other = R"("more":{"score":1,"score":2},"width":1,)";
  CHECK(twice(kFirst, "\"width\"", other) == twice(kFirst, "\"width\"", ""));
}

TEST_CASE("a line longer than 64 MiB is refused before it is parsed") {
  const string longest(size_t{64} << 20, ' ');
  string line = "{" + longest.substr(2) + "x";  // no JSON
  CHECK_THAT(error_of(kNone + line), Contains("line 2: no valid JSON"));
  line += "x";
  CHECK_THAT(error_of(kNone + line + "\n" + kNone),
             Contains("line 2: the line has 67108865 bytes, expected at most 67108864; write each "
                      "image on a line of its own"));
}

TEST_CASE("lines of another kind are still refused") {
  CHECK_THAT(error_of("{\"images\": [],\n\"annotations\": []}"),
             Contains("the file is an object, expected an array of detections"));
}

TEST_CASE("lines given as annotations are told where they belong") {
  const string option = "`ssdeval --detections`";
  CHECK_THAT(data::foreign_bytes(kFirst + kNone), Contains(option));
  CHECK_THAT(data::foreign_json(kFirst), Contains(option));
  CHECK_THAT(data::foreign_json(kNone), Contains(option));
}
