// Detections that are well formed, but cannot be what was meant, are told.
#include "data/check/odd_detections.h"

#include "tests/support/catch.h"

using Catch::Contains, Catch::StartsWith;
using data::Detection;
using Lines = std::vector<std::string>;

namespace {

data::Dataset two_images() {
  data::Dataset set;
  for (const int64_t id : {7, 8}) set.images.push_back({.id = id, .width = 200, .height = 100});
  return set;
}

Detection found(int64_t image, double x, double y, double score = 0.5) {
  return {.image_id = image, .x = x, .y = y, .width = 20, .height = 10, .score = score};
}

Lines lines_of(const std::vector<Detection>& detections) {
  return data::odd_detections(detections, two_images());
}

}  // namespace

TEST_CASE("detections as they should be are passed over") {
  CHECK(lines_of({}).empty());
  CHECK(lines_of({found(7, 10, 10), found(7, 10, 11), found(8, 10, 10), found(7, 10, 10, 0.6),
                  found(7, -19, -9, 0), found(8, 199, 99, 1)})
            .empty());
}

TEST_CASE("scores that begin at a threshold are told, unless there are few boxes") {
  std::vector<Detection> all;
  for (int i = 0; i < 60; ++i) all.push_back(found(7, i, 1, 0.3 + 0.01 * i));
  CHECK_THAT(data::threshold_in_words(all), StartsWith("no detection has a score below 0.3: ") &&
                                                Contains("--score-threshold 0.001"));
  CHECK(data::threshold_in_words(std::span(all).first(40)).empty());
  for (Detection& d : all) d.score *= 100;  // per cent have a line of their own
  CHECK(data::threshold_in_words(all).empty());
  all[5].score = 0.05;
  CHECK(data::threshold_in_words(all).empty());
}

TEST_CASE("detections outside of their image, twice in the file, with odd scores") {
  for (const auto& [x, y] : {std::pair(-20., 5.), {200., 5.}, {5., -10.}, {5., 100.}}) {
    const Lines lines = lines_of({found(7, 10, 10), found(8, x, y)});
    REQUIRE(lines.size() == 1);
    CHECK_THAT(lines[0], StartsWith("1 of 2 detections lie outside of their image; ") &&
                             Contains("(the first: image id 8)"));
  }
  const Lines again = lines_of({found(7, 1, 1), found(8, 1, 1), found(7, 1, 1), found(7, 1, 1)});
  REQUIRE(again.size() == 1);
  CHECK_THAT(again[0], StartsWith("2 of 4 detections are listed again with all their values"));
  for (const double score : {-0.1, 1.5, 55.})
    CHECK_THAT(lines_of({found(7, 1, 1, score)}).at(0),
               StartsWith("1 of 1 detections have a score that is not from 0 to 1"));
}
