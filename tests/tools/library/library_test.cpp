// The shared library, as other programs use it: its boxes are those of ssddetect, from any thread;
// its errors are those of the programs, as exceptions; it prints nothing.
#include <fcntl.h>
#include <omp.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <thread>

#include "data/image/image_file.h"
#include "tests/support/catch.h"
#include "tests/support/picture.h"
#include "tests/support/tools/training_run.h"
#include "tools/library/detector.h"

namespace fs = std::filesystem;
using Catch::Contains;
using ssd::Box, ssd::Detector, ssd::ErrorCode;
using tests::Outcome;

namespace {

const tests::TrainingPlace& place() {
  static const tests::TrainingPlace trained(16, 4);
  static const Outcome outcome = trained.train("run");
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  return trained;
}

std::string checkpoint() { return place().at("run"); }

// So that there are boxes after a training of twelve steps.
ssd::Options options(int batch = 1) {
  ssd::Options o;
  o.score_threshold = 0.001;
  o.max_detections = 20;
  o.device = "cpu";
  o.threads = 2;
  o.memory_gib = 0.5;
  o.batch = batch;
  return o;
}

struct Photos {
  std::vector<std::string> files;
  std::vector<data::Picture> images;

  explicit Photos(const fs::path& folder) {
    for (const auto& entry : fs::directory_iterator(folder))
      if (entry.path().extension() == ".jpg") files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
    for (const std::string& file : files) images.push_back(tests::read_image(file));
  }

  std::vector<ssd::Picture> pictures() const {
    std::vector<ssd::Picture> all;
    for (const data::Picture& i : images) all.push_back({i.rgb.data(), i.width, i.height});
    return all;
  }
};

const Photos& drawn() {
  static const Photos photos(place().at("data/images"));
  REQUIRE(photos.files.size() >= 16);
  return photos;
}

using Row = std::tuple<double, double, double, double, double, int64_t, std::string>;

std::vector<Row> rows_of(const std::vector<Box>& boxes) {
  std::vector<Row> rows;
  for (const Box& b : boxes)
    rows.emplace_back(b.x, b.y, b.width, b.height, b.score, b.class_id, b.class_name);
  return rows;
}

std::vector<std::vector<Row>> rows_of(const std::vector<std::vector<Box>>& pictures) {
  std::vector<std::vector<Row>> all;
  for (const auto& boxes : pictures) all.push_back(rows_of(boxes));
  return all;
}

// What ssddetect finds with the same options, file by file.
std::vector<std::vector<Row>> by_ssddetect(const Photos& photos, int batch) {
  std::string command = tests::program("ssddetect").string() + " --checkpoint " + checkpoint() +
                        " --score-threshold 0.001 --max 20 --device cpu --threads 2 --batch " +
                        std::to_string(batch);
  for (const std::string& file : photos.files) command += " '" + file + "'";
  const Outcome outcome = tests::run(command);
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  std::vector<std::vector<Row>> all(photos.files.size());
  for (const auto& entry : nlohmann::json::parse(outcome.out)) {
    const auto box = entry.at("bbox").get<std::vector<double>>();
    all[entry.at("image_id").get<size_t>() - 1].emplace_back(
        box[0], box[1], box[2], box[3], entry.at("score").get<double>(),
        entry.at("category_id").get<int64_t>(), entry.at("category").get<std::string>());
  }
  return all;
}

void compare_with_ssddetect(const Photos& photos, int batch) {
  const Detector detector(checkpoint(), options(batch));
  const auto found = rows_of(detector.detect(photos.pictures()));
  size_t boxes = 0;
  for (const auto& rows : found) boxes += rows.size();
  CHECK(boxes > photos.files.size());
  CHECK(found == by_ssddetect(photos, batch));
}

template <class F> void check_fails(ErrorCode code, const std::string& part, const F& f) {
  CAPTURE(part);
  try {
    f();
    FAIL("nothing was thrown");
  } catch (const ssd::Error& error) {
    CHECK(error.code() == code);
    CHECK_THAT(error.what(), Contains(part));
    CHECK(std::string(error.what()).find('\n') == std::string::npos);
  }
}

}  // namespace

TEST_CASE("the library finds the boxes that ssddetect finds") {
  compare_with_ssddetect(drawn(), 1);
  compare_with_ssddetect(drawn(), 8);
}

TEST_CASE("the library finds the boxes that ssddetect finds in photographs") {
  const fs::path photos = tests::shared_data() / "demo-photos";
  if (tests::shared_data().empty() || !fs::exists(photos)) {
    WARN("skipped: no demo-photos beside the project");
    return;
  }
  compare_with_ssddetect(Photos(photos), 3);
}

TEST_CASE("the rows of a picture may lie apart, or upside down") {
  const Detector detector(checkpoint(), options());
  const data::Picture& image = drawn().images[0];
  const size_t row = 3 * size_t(image.width), stride = row + 5;
  std::vector<uint8_t> apart(stride * size_t(image.height)), reversed(image.rgb.size());
  for (size_t y = 0; y < size_t(image.height); ++y) {
    const uint8_t* from = image.rgb.data() + y * row;
    std::copy_n(from, row, apart.data() + y * stride);
    std::copy_n(from, row, reversed.data() + (size_t(image.height) - 1 - y) * row);
  }
  const auto expected = rows_of(detector.detect(drawn().pictures()[0]));
  CHECK(!expected.empty());
  CHECK(rows_of(detector.detect({apart.data(), image.width, image.height, ptrdiff_t(stride)})) ==
        expected);
  CHECK(rows_of(detector.detect({reversed.data() + reversed.size() - row, image.width, image.height,
                                 -ptrdiff_t(row)})) == expected);
}

TEST_CASE("threads that ask at the same time get what each would get alone") {
  const Detector detector(checkpoint(), options(2));
  const auto pictures = drawn().pictures();
  const auto expected = rows_of(detector.detect(pictures));
  constexpr int kThreads = 4, kRounds = 6;
  std::vector<int> wrong(kThreads, 0);
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&, t] {
        for (int round = 0; round < kRounds; ++round) {
          const size_t first = size_t(t + round) % 5, count = 1 + size_t(round) % 4;
          const std::vector<ssd::Picture> part(pictures.begin() + ptrdiff_t(first),
                                               pictures.begin() + ptrdiff_t(first + count));
          const auto found = rows_of(detector.detect(part));
          for (size_t i = 0; i < count; ++i) wrong[size_t(t)] += found[i] != expected[first + i];
        }
      });
  }
  CHECK(wrong == std::vector<int>(kThreads, 0));
}

TEST_CASE("a picture that is stored bottom up has the boxes of the same picture top down") {
  const Detector detector(checkpoint(), options());
  const ssd::Picture down = drawn().pictures()[1];
  const std::ptrdiff_t row = 3 * std::ptrdiff_t(down.width);
  std::vector<uint8_t> turned(size_t(row) * size_t(down.height));
  for (int y = 0; y < down.height; ++y)
    std::copy_n(down.rgb + y * row, row, turned.data() + (down.height - 1 - y) * row);
  const ssd::Picture up{turned.data() + (down.height - 1) * row, down.width, down.height, -row};
  const auto expected = rows_of(detector.detect(down));
  CHECK_FALSE(expected.empty());
  CHECK(rows_of(detector.detect(up)) == expected);
}

TEST_CASE("several detectors live side by side, and a moved one goes on") {
  Detector first(checkpoint(), options());
  const Detector second(checkpoint(), options());
  const ssd::Picture picture = drawn().pictures()[1];
  const auto expected = rows_of(second.detect(picture));
  Detector moved = std::move(first);
  CHECK(rows_of(moved.detect(picture)) == expected);
  moved = Detector(checkpoint(), options());
  CHECK(rows_of(moved.detect(picture)) == expected);
  CHECK(moved.device() == "cpu");
  CHECK(moved.classes().size() == 3);
  CHECK(moved.detect(std::vector<ssd::Picture>{}).empty());
}

TEST_CASE("a detector may be made, used and destroyed on different threads") {
  ssd::Options one = options();
  one.threads = 1;
  const auto expected = rows_of(Detector(checkpoint(), one).detect(drawn().pictures()[0]));
  std::unique_ptr<Detector> handed;
  std::vector<Row> found;
  std::vector<int> threads;  // OpenMP's number, which the detector must not change
  const auto on_a_thread = [&](const std::function<void()>& work) {
    std::thread([&] {
      const int before = omp_get_max_threads();
      work();
      threads.push_back(omp_get_max_threads() - before);
    }).join();
  };
  on_a_thread([&] { handed = std::make_unique<Detector>(checkpoint(), one); });
  on_a_thread([&] { found = rows_of(handed->detect(drawn().pictures()[0])); });
  on_a_thread([&] { handed.reset(); });
  CHECK(found == expected);
  // The model is loaded when the memory of a batch turns out to be too small.
  one.memory_gib = 1e-6;
  on_a_thread([&] {
    check_fails(ErrorCode::resources, "options.memory_gib", [&] { Detector(checkpoint(), one); });
  });
  CHECK(threads == std::vector<int>(4, 0));
}

TEST_CASE("errors are the programs' lines, as exceptions") {
  const std::string missing = place().at("none.safetensors"), damaged = place().at("bad");
  std::filesystem::copy_file(place().at("run/last.safetensors"), damaged);
  tests::damage(damaged);
  for (const std::string& file : {missing, damaged, place().at("data")}) {
    const Outcome program = tests::run(tests::program("ssddetect").string() + " --checkpoint " +
                                       file + " " + drawn().files[0]);
    CHECK(program.exit_code == int(ErrorCode::checkpoint));
    try {
      Detector detector(file);
      FAIL("nothing was thrown");
    } catch (const ssd::Error& error) {
      CHECK(error.code() == ErrorCode::checkpoint);
      CHECK("ssddetect: " + std::string(error.what()) + "\n" == program.err);
    }
  }
}

TEST_CASE("options out of range are refused before a checkpoint is opened") {
  const auto refused = [](const std::string& part, const auto& change) {
    ssd::Options o = options();
    change(o);
    check_fails(ErrorCode::usage, part, [&] { Detector(place().at("none"), o); });
  };
  refused("options.score_threshold: expected a number from 0 to 1, found 1.5",
          [](ssd::Options& o) { o.score_threshold = 1.5; });
  refused("options.score_threshold", [](ssd::Options& o) { o.score_threshold = std::nan(""); });
  refused("options.iou_threshold", [](ssd::Options& o) { o.iou_threshold = -1; });
  refused("options.max_detections", [](ssd::Options& o) { o.max_detections = -1; });
  refused("options.batch: expected a number from 1 to 4096, found 0",
          [](ssd::Options& o) { o.batch = 0; });
  refused("options.threads", [](ssd::Options& o) { o.threads = 5000; });
  refused("options.memory_gib", [](ssd::Options& o) { o.memory_gib = -1; });
  ssd::Options device = options(), precision = options();
  device.device = "tpu";
  precision.precision = "fp8";
  check_fails(ErrorCode::usage, "unknown device 'tpu'", [&] { Detector(checkpoint(), device); });
  check_fails(ErrorCode::usage, "fp8", [&] { Detector(checkpoint(), precision); });
}

TEST_CASE("pictures that cannot be used are named, and the detector goes on") {
  const Detector detector(checkpoint(), options());
  const ssd::Picture good = drawn().pictures()[0];
  const auto refused = [&](const std::string& part, const ssd::Picture& bad) {
    check_fails(ErrorCode::data, part, [&] { detector.detect({good, bad}); });
  };
  refused("picture 1: has no pixels", {nullptr, 4, 4});
  refused("picture 1: the picture is 0x4 pixels", {good.rgb, 0, 4});
  refused("picture 1: the picture is 4x-1 pixels", {good.rgb, 4, -1});
  refused("the limit is 16384", {good.rgb, 20000, 1});
  refused("more than the limit of 67108864 pixels", {good.rgb, 16384, 16384});
  refused("a row of 10 RGB pixels has 30 bytes", {good.rgb, 10, 1, 29});
  refused("a row of 10 RGB pixels has 30 bytes", {good.rgb, 10, 1, -29});
  CHECK(!detector.detect(good).empty());
}

TEST_CASE("the library prints nothing") {
  const tests::TemporaryFolder folder;
  const std::string printed = folder.path() / "printed";
  const int before[] = {dup(1), dup(2)};
  const int file = open(printed.c_str(), O_CREAT | O_WRONLY, 0600);
  dup2(file, 1), dup2(file, 2);
  size_t boxes = 0;
  try {
    boxes = Detector(checkpoint(), options()).detect(drawn().pictures()[0]).size();
    Detector(place().at("none"), options());
  } catch (const ssd::Error&) {
  }
  std::fflush(stdout);
  dup2(before[0], 1), dup2(before[1], 2);
  for (int descriptor : {before[0], before[1], file}) close(descriptor);
  CHECK(boxes > 0);
  CHECK(fs::file_size(printed) == 0);
}

TEST_CASE("a forked process is told to make a detector of its own") {
  const pid_t child = [] {
    auto detector = std::make_unique<Detector>(checkpoint(), options());
    const pid_t forked = fork();
    if (forked != 0) return forked;
    int code = 0;
    try {
      detector->detect(drawn().pictures()[0]);
    } catch (const ssd::Error& error) {
      code = int(error.code());
    }
    detector.reset();
    _exit(code);
  }();
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == int(ErrorCode::usage));
}
