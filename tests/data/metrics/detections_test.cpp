// COCO result files: what is read, what is refused and with which words, and the way back.
#include "data/metrics/detections.h"
#include "tests/support/catch.h"

#include <cmath>
#include <fstream>
#include <sstream>

#include "engine/base/error.h"
#include "tests/support/paths.h"

using data::Detection;

namespace {

data::Dataset two_images() {
  data::Dataset truth;
  truth.categories = {{7, "seven"}, {3, "three"}};
  truth.images = {{.id = 42}, {.id = -5}};
  return truth;
}

data::DetectionFile load(const std::string& text) {
  tests::TemporaryFolder folder;
  std::string path = folder.path() / "results.json";
  std::ofstream(path, std::ios::binary) << text;
  return data::load_detections(path, two_images());
}

std::string error_of(const std::string& text) {
  try {
    load(text);
  } catch (const base::Error& error) {
    CHECK(error.code() == base::ExitCode::data);
    std::string message = error.what();
    CHECK(message.find('\n') == std::string::npos);
    return message.substr(message.find("results.json: ") + 14);
  }
  return "no error";
}

const std::string kGood =
    R"({"image_id": 42, "category_id": 7, "bbox": [1, 2.5, 3e1, 4], "score": 0.25})";

// The good entry with one piece replaced.
std::string with(const std::string& old, const std::string& fresh) {
  std::string entry = kGood;
  entry.replace(entry.find(old), old.size(), fresh);
  return "[" + kGood + ",\n" + entry + "]";
}

}  // namespace

TEST_CASE("text behind a zero byte is not left out silently") {
  CHECK(load("[" + kGood + "]" + std::string(5, '\0')).detections.size() == 1);
  CHECK_THAT(error_of("[" + kGood + "]" + std::string("\0,", 2)),
             Catch::Contains("a zero byte, at which the text ends"));
}

TEST_CASE("null names are as if they were absent, and null numbers are refused") {
  const std::string entry = kGood.substr(0, kGood.size() - 1);
  CHECK(load("[" + entry + R"(, "file_name": null, "category": null, "segmentation": null}])")
            .detections.size() == 1);
  CHECK_THAT(error_of(with("0.25", "null")), Catch::Contains("score is null, expected a number"));
}

TEST_CASE("a file name of half a megabyte is cut in messages") {
  const auto named = [](const std::string& name) {
    return kGood.substr(0, kGood.size() - 1) + R"(, "file_name": ")" + name + R"("})";
  };
  const std::string letters(500'000, 'a'), folders(250'000, '/');
  const std::string unknown = error_of("[" + named(letters) + "]");
  CHECK_THAT(unknown, Catch::Contains("the first is " + std::string(100, 'a') + "...; are"));
  // Both images have an empty name, and a name that ends in a slash fits both.
  const std::string several = error_of("[" + named(folders) + "]");
  CHECK_THAT(several, Catch::Contains("//...") && Catch::Contains("fits several"));
  CHECK(unknown.size() + several.size() < 1000);
}

TEST_CASE("entries are read with any other keys around") {
  data::DetectionFile file = load("[" + kGood + R"(, {"id": 5, "score": 1, "bbox": [0,0,-1,2],
      "segmentation": {"counts": "a]b", "size": [1, [2]]}, "image_id": -5.0,
      "category_id": 3.0, "extra": {"bbox": [{"score": null}], "x": [[true]]}},
      {"image_id": 42, "category_id": 99, "bbox": [1,2,3,4], "score": 1}])");
  REQUIRE(file.detections.size() == 2);
  CHECK(file.unknown_categories == 1);
  CHECK(file.first_unknown_category == 99);
  CHECK(file.negative_sizes == 1);
  const Detection &first = file.detections[0], &second = file.detections[1];
  CHECK((first.image_id == 42 && first.category == 0 && first.score == 0.25));
  CHECK((first.x == 1 && first.y == 2.5 && first.width == 30 && first.height == 4));
  CHECK((second.image_id == -5 && second.category == 1 && second.width == -1));
}

TEST_CASE("an empty list is a result") {
  CHECK(load("[]").detections.empty());
  CHECK(load(" [ \n ] ").detections.empty());
}

TEST_CASE("what is wrong is told in one line, with byte, line, and entry") {
  struct Case {
    std::string text, message;
  };
  const std::string deep(100, '[');
  const std::vector<Case> cases = {
      {"{}", "the file is an object"},
      {"null", "the file is null"},
      {"3", "the file is a number"},
      {"\"x\"", "the file is a string"},
      {"[" + kGood, "no valid JSON"},
      {"[" + kGood + ",]", "no valid JSON"},
      {"[" + kGood + "] x", "no valid JSON"},
      {"[" + kGood + kGood + "]", "no valid JSON"},
      {"[3]", "detection 0: is a number, expected an object"},
      {"[null]", "detection 0: is null"},
      {"[[]]", "detection 0: is an array"},
      {"[{}]", "detection 0: has no image_id"},
      {with("0.25", "NaN"), "no valid JSON"},
      {with("0.25", "Infinity"), "no valid JSON"},
      {with("0.25", "1e999"), "no valid JSON"},
      {with("0.25", "-"), "no valid JSON"},
      {with("0.25", "01"), "no valid JSON"},
      {with("0.25", "\"0.25\""), "detection 1: score is the string \"0.25\", expected a number"},
      {with("0.25", "true"), "detection 1: score is true or false"},
      {with("0.25", "null"), "detection 1: score is null"},
      {with("0.25", "[0.25]"), "detection 1: score is an array"},
      {with("42", "42.5"), "detection 1: image_id is not a 64-bit integer"},
      {with("42", "18446744073709551615"), "detection 1: image_id is not a 64-bit integer"},
      {with("42", "\"42\""), "detection 1: image_id is the string \"42\", expected an integer"},
      {with("42", "43"), "detection 1: image_id 43 is not among the annotated images"},
      {with("7", "{}"), "detection 1: category_id is an object"},
      {with("[1, 2.5, 3e1, 4]", "7"), "detection 1: bbox is a number"},
      {with("[1, 2.5, 3e1, 4]", "{}"), "detection 1: bbox is an object"},
      {with(", 4]", "]"), "detection 1: bbox has 3 numbers"},
      {with(", 4]", ", 4, 5]"), "detection 1: bbox has 5 numbers"},
      {with("2.5", "null"), "detection 1: bbox holds null"},
      {with("2.5", "[2.5]"), "detection 1: bbox holds an array"},
      {with("\"score\": 0.25", "\"score\": 0.25, \"score\": 1"), "detection 1: has score twice"},
      {with("\"score\"", "\"Score\""), "detection 1: has no score"},
      {with("\"score\"", "\"x\": " + deep + ", \"score\""), "nested deeper than 64"},
      {with("\"score\"", "\"x\": \"\xff\", \"score\""), "no valid JSON"},
      {with("\"score\"", "\"x\": \"" + std::string(2 << 20, 'x') + "\", \"score\""),
       "longer than 1 MiB"},
      {std::string("[ \0\0", 4), "no valid JSON"},
  };
  for (const Case& c : cases) {
    INFO(c.text.substr(0, 300));
    CHECK_THAT(error_of(c.text), Catch::Contains(c.message) && Catch::StartsWith("byte "));
  }
  CHECK_THAT(error_of(std::string("\0\0\0\0", 4)), Catch::Contains("only zero bytes"));
  CHECK_THAT(error_of(with("42", "43")), Catch::Contains(", line 2: detection 1: "));
}

TEST_CASE("a file that holds nothing is told in one line") {
  CHECK(error_of("") == "the file is empty (0 bytes), expected an array of detections");
  CHECK(error_of(" \n") == "the file holds only blanks, expected an array of detections");
}

TEST_CASE("every prefix of a good file is an error, not a crash") {
  std::string text = "[" + kGood + "]";
  for (size_t length = 1; length < text.size(); ++length)
    CHECK_THAT(error_of(text.substr(0, length)), Catch::Contains("no valid JSON"));
}

TEST_CASE("files that cannot be read are errors with their path") {
  tests::TemporaryFolder folder;
  for (std::string path : {folder.path().string(), (folder.path() / "none.json").string()})
    CHECK_THROWS_WITH(data::load_detections(path, two_images()), Catch::StartsWith(path));
}

TEST_CASE("what is written reads back the same, bit for bit") {
  std::vector<Detection> detections;
  double value = 0.1;
  for (int i = 0; i < 30'000; ++i) {
    value = std::fmod(value * 1103515245.123 + 12345.678, 1e5);
    double tiny = value * 1e-300, large = value * 1e290;
    detections.push_back({i % 2 ? 42 : -5, i % 2, value, tiny, large, -value, 1 / (value + 1)});
  }
  tests::TemporaryFolder folder;
  std::string path = folder.path() / "out.json";
  data::write_detections(path, detections, two_images());
  data::DetectionFile file = data::load_detections(path, two_images());
  REQUIRE(file.detections.size() == detections.size());
  for (size_t i = 0; i < detections.size(); ++i) {
    const Detection &a = detections[i], &b = file.detections[i];
    REQUIRE((a.image_id == b.image_id && a.category == b.category && a.score == b.score));
    REQUIRE((a.x == b.x && a.y == b.y && a.width == b.width && a.height == b.height));
  }
}

TEST_CASE("writing refuses what JSON cannot hold, and leaves no half file") {
  tests::TemporaryFolder folder;
  std::string path = folder.path() / "out.json";
  std::vector<Detection> bad = {{42, 0, 0, 0, 1, 1, std::nan("")}};
  CHECK_THROWS_WITH(data::write_detections(path, bad, two_images()),
                    Catch::StartsWith("detection 0 (image id 42)"));
  CHECK(std::filesystem::is_empty(folder.path()));
  CHECK_THROWS_AS(data::write_detections(path + "/x/y", {}, two_images()), base::Error);
  std::ostringstream none;
  data::write_detections(none, {}, two_images());
  CHECK(none.str() == "[\n]\n");
}
