// Lines of YOLO label files: boxes, polygons, and boxes with key points.
#include "data/formats/yolo_line.h"

#include <fmt/format.h>

#include <functional>

#include "data/formats/yolo/yolo_counts.h"
#include "data/formats/yolo_yaml.h"
#include "engine/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/failure.h"

using Catch::Contains;
using data::parse_yolo_line, data::YoloLine;

namespace {

YoloLine parsed(const std::string& line, int keypoint_numbers = 0) {
  return parse_yolo_line(line, {.classes = 2, .keypoint_numbers = keypoint_numbers}, "a.txt:1");
}

std::string said_of(const std::vector<std::string>& lines, int keypoint_numbers = 0) {
  data::YoloCounts counts;
  for (const std::string& line : lines) count_line(counts, parsed(line, keypoint_numbers));
  return keypoint_numbers > 0 ? shapes_in_words(counts) : keypoints_in_words(counts);
}

bool is_box(const YoloLine& line) {
  return line.left == Approx(0.25) && line.right == Approx(0.75) && line.top == Approx(0.1) &&
         line.bottom == Approx(0.3);
}

}  // namespace

TEST_CASE("the key points behind a box are left out where data.yaml has their shape") {
  CHECK(is_box(parsed("1 0.5 0.2 0.5 0.2")));
  const YoloLine flat = parsed("1 0.5 0.2 0.5 0.2 0.3 0.1 0.7 0.3", 4);
  CHECK((is_box(flat) && flat.category == 1 && flat.with_keypoints));
  // Pixels would be wrong in a box. A key point may lie anywhere.
  CHECK(is_box(parsed("1 0.5 0.2 0.5 0.2 0.3 0.1 2 7 -3 0", 6)));
  const YoloLine without = parsed("1 0.5 0.2 0.5 0.2", 6);
  CHECK((is_box(without) && !without.with_keypoints));
  CHECK(said_of({"1 0.5 0.2 0.5 0.2 0.3 0.1", "0 0.5 0.2 0.5 0.2 0.3 0.1", "1 0.5 0.2 0.5 0.2"},
                2) == "the key points of 2 boxes are left out");
  CHECK_THROWS_WITH(parsed("1 0.5 0.2 0.5 0.2 0.3 0.1", 6),
                    Contains("a.txt:1: 7 numbers, expected 5, or 11 with the key points"));
  CHECK_THROWS_WITH(parsed("1 0.5 0.2 0.5 2 0.3 0.1", 2), Contains("2, expected 0 to 1"));
}

TEST_CASE("polygons that look like boxes with key points are told") {
  const std::string two = "0 0.5 0.5 0.2 0.4 0.42 0.35 0.58 0.66";
  CHECK_THAT(said_of({two, two, two}),
             Contains("3 lines of 9 numbers look like boxes") && Contains("`kpt_shape: [17, 3]`"));
  CHECK(said_of({two, two}).empty());
  CHECK(said_of({two, two, two, "1 0.1 0.1 0.9 0.1 0.9 0.9"}).empty());  // not alike
  const std::string unset = "0 0.5 0.5 0.2 0.4 0.1 0.1 0.1 0.1 0.1 0.1";
  CHECK_THAT(said_of({unset, unset, unset}), Contains("3 lines of 11 numbers"));
  // A point of which nothing is known is 0 0 0.
  const std::string seen = "1 0.5 0.2 0.5 0.2 0.3 0.15 1 0 0 0 0.7 0.25 1 0.5 0.2 0";
  CHECK_THAT(said_of({seen, seen, seen}), Contains("3 lines of 17 numbers"));
}

TEST_CASE("polygons and turned boxes are not taken for key points") {
  // Turned boxes of an object everywhere in the image, small and large.
  std::vector<std::string> turned;
  for (double size : {0.02, 0.1, 0.2})
    for (double x = size; x < 1 - size; x += 0.07)
      for (double y = size; y < 1 - size; y += 0.07)
        turned.push_back(fmt::format("0 {} {} {} {} {} {} {} {}", x, y - size / 2, x + size / 2, y,
                                     x, y + size / 2, x - size / 2, y));
  CHECK(said_of(turned).empty());
  const std::string small = "0 0.5 0.5 0.52 0.5 0.52 0.52 0.5 0.52";  // amid the image
  CHECK(said_of({small, small, small}).empty());
}

TEST_CASE("a refused line says if key points may be the reason") {
  CHECK_THROWS_WITH(parsed("0 0.5 0.2 0.5 0.2 0.3 0.1 2 0.7 0.3 2"),
                    Contains("a.txt:1: 2, expected 0 to 1") && Contains("write `kpt_shape`"));
  CHECK_THROWS_WITH(parsed("0 0.5 0.2 0.5 0.2 0.3 0.1 1"),
                    Contains("8 numbers") && Contains("write their `kpt_shape`"));
  CHECK_THROWS_WITH(parsed("0 0.5 0.2 0.5 0.2 0.3 0.1 0.4"),
                    Contains("8 numbers") && !Contains("kpt_shape"));
  CHECK_THROWS_WITH(parsed("0 0.5 0.2 0.5 0.2 0.3 0.1 1 0.7 0.3 1 0.5 0.2 0"),
                    Contains("14 numbers") && Contains("write their `kpt_shape`"));
}

TEST_CASE("the shape of key points in a data.yaml") {
  const auto numbers = [](const std::string& shape) {
    return data::parse_yolo_yaml("names: [a]\nkpt_shape: " + shape, "d.yaml").keypoint_numbers;
  };
  CHECK(numbers("[17, 3]") == 51);
  CHECK(numbers("[4,2]  # corners") == 8);
  CHECK(numbers("[0, 0]") == data::kNoKeypoints);
  CHECK(data::parse_yolo_yaml("names: [a]\nkpt_shape:\n", "d.yaml").keypoint_numbers == 0);
  for (const char* wrong : {"17", "[17]", "[17, 3, 1]", "[0, 3]", "[17, 4]", "[1001, 2]", "[-1, 2]",
                            "[a, 2]", "[[1], 2]", "{17: 3}", "[1e9, 3]"}) {
    INFO(wrong);
    CHECK_THROWS_WITH(numbers(wrong), Contains("d.yaml:2: kpt_shape: expected the number of key"));
  }
}

TEST_CASE("a line with a negative size says what was found and what to do") {
  CHECK_THAT(
      tests::failure([] { data::parse_yolo_line("0 .5 .5 -.05 .2", {.classes = 1}, "a:3"); }),
      Catch::Contains("a:3: a box of width -0.05 and height 0.2, expected none below 0; mend "));
}
