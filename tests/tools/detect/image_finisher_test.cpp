// ImageFinisher: the order of images, on any number of threads, and what happens after an error.
#include "tools/detect/image_finisher.h"

#include <fmt/format.h>

#include <atomic>
#include <future>

#include "engine/base/error.h"
#include "tests/support/catch.h"

using tools::DetectedImage, tools::EncodedPictures, tools::ImageFinisher;

namespace {

std::vector<DetectedImage> images(size_t first, size_t count) {
  std::vector<DetectedImage> all;
  for (size_t i = first; i < first + count; ++i) {
    // Sizes differ, so that some are encoded later than those behind them.
    const int side = i % 3 == 0 ? 300 : 4;
    all.push_back({.number = i,
                   .file = fmt::format("{}.jpg", i),
                   .width = side,
                   .height = side,
                   .boxes = {},
                   .picture = {side, side, std::vector<uint8_t>(size_t(3 * side * side))},
                   .problem = i % 5 == 4 ? "damaged" : ""});
  }
  return all;
}

}  // namespace

TEST_CASE("images are finished one by one in their order, and pictures made of those that exist") {
  const run::ClassList classes;
  const tools::DetectionPictures pictures(true, false, classes, nullptr);
  const int threads = GENERATE(1, 2, 7);
  std::vector<size_t> order;
  std::atomic<int> at_a_time = 0;
  bool right = true;
  ImageFinisher finisher(pictures, threads,
                         [&](const DetectedImage& image, const EncodedPictures& made) {
                           right &= ++at_a_time == 1;
                           order.push_back(image.number);
                           right &= made.drawn.empty() == !image.problem.empty();
                           right &= made.crops.empty();
                           --at_a_time;
                         });
  size_t count = 0;
  for (size_t batch : {8, 1, 0, 13, 3}) {
    finisher.add(images(count, batch));
    count += batch;
  }
  finisher.wait();
  CHECK(right);
  REQUIRE(order.size() == count);
  for (size_t i = 0; i < count; ++i) CHECK(order[i] == i);
}

TEST_CASE("after an error nothing more is finished, and the caller gets the error") {
  const run::ClassList classes;
  const tools::DetectionPictures pictures(true, false, classes, nullptr);
  std::atomic<int> finished = 0, told = 0;
  std::promise<void> failed;
  ImageFinisher finisher(
      pictures, 3,
      [&](const DetectedImage& image, const EncodedPictures&) {
        if (image.number == 4) base::fail(base::ExitCode::data, "the disk is full");
        ++finished;
      },
      [&] {
        ++told;
        failed.set_value();
      });
  finisher.add(images(0, 12));
  failed.get_future().wait();  // without any other call
  CHECK_THROWS_WITH(finisher.wait(), "the disk is full");
  CHECK_THROWS_WITH(finisher.add(images(12, 2)), "the disk is full");
  CHECK(finished == 4);
  CHECK(told == 1);
}

TEST_CASE("images that no thread has begun are dropped at the end") {
  const run::ClassList classes;
  const tools::DetectionPictures pictures(false, false, classes, nullptr);
  std::promise<void> begun, go_on;
  std::shared_future<void> signal = go_on.get_future();
  int finished = 0;
  {
    ImageFinisher finisher(pictures, 1, [&](const DetectedImage&, const EncodedPictures&) {
      if (++finished == 1) begun.set_value();
      signal.wait();
    });
    finisher.add(images(0, 100));
    begun.get_future().wait();
    go_on.set_value();
  }
  CHECK(finished >= 1);
  CHECK(finished <= 100);
}
