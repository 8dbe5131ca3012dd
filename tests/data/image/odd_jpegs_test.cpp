// Real odd files: each does what the list beside them says, in bounded time and memory.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <fstream>
#include <sstream>

#include "data/image/image_file.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"
#include "tests/support/picture.h"

namespace {

struct Row {
  std::string file, expect, pillow, mean_rgb;
};

std::vector<Row> read_manifest(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::vector<Row> rows;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::stringstream fields(line);
    std::vector<std::string> field;
    for (std::string f; std::getline(fields, f, '\t');) field.push_back(f);
    REQUIRE(field.size() >= 6);
    rows.push_back({field[0], field[2], field[4], field[5]});
  }
  return rows;
}

void check_picture(const data::Picture& image, const Row& row) {
  int width = 0, height = 0;
  char mode[16] = "";
  REQUIRE(sscanf(row.pillow.c_str(), "ok %dx%d %15s", &width, &height, mode) == 3);
  CHECK(image.width == width);
  CHECK(image.height == height);
  int mean[3];
  // Pillow takes inks without Adobe's marker for inverted ones; the file shows the reference
  // picture.
  std::string expected = row.file == "ok_cmyk_no_adobe.jpg" ? "110/119/123" : row.mean_rgb;
  REQUIRE(sscanf(expected.c_str(), "%d/%d/%d", mean, mean + 1, mean + 2) == 3);
  for (int c = 0; c < 3; ++c) CHECK(std::abs(tests::mean_of(image, c) - mean[c]) <= 2);
}

// Decodes in a child of its own; its peak memory in bytes, and its exit status.
struct ChildReport {
  int status = 0;
  long peak_bytes = 0;
  double cpu_seconds = 0;
};
ChildReport decode_in_child(const std::filesystem::path& path) {
  pid_t child = fork();
  if (child == 0) {
    rlimit seconds{20, 20};
    setrlimit(RLIMIT_CPU, &seconds);
    try {
      tests::read_image(path);
      _exit(0);
    } catch (const base::Error& error) {
      _exit(int(error.code()));
    } catch (...) {
      _exit(99);
    }
  }
  ChildReport report;
  rusage usage;
  REQUIRE(wait4(child, &report.status, 0, &usage) == child);
  report.peak_bytes = usage.ru_maxrss * 1024;
  report.cpu_seconds = double(usage.ru_utime.tv_sec) + double(usage.ru_utime.tv_usec) * 1e-6;
  return report;
}

}  // namespace

TEST_CASE("odd JPEG files do what their list says") {
  auto folder = tests::shared_data() / "odd-jpegs";
  if (!std::filesystem::exists(folder / "MANIFEST.tsv")) {
    WARN("no odd JPEG files here: skipped");
    return;
  }
  int decoded = 0, refused = 0;
  for (const Row& row : read_manifest(folder / "MANIFEST.tsv")) {
    CAPTURE(row.file, row.expect);
    auto bytes = base::read_file(folder / row.file, 1 << 26);
    try {
      data::Picture image = data::decode_jpeg(bytes, row.file);
      CHECK(row.expect != "reject");
      if (row.expect == "ok" || row.expect == "ok-or-reject") check_picture(image, row);
      ++decoded;
    } catch (const base::Error& error) {
      INFO(error.what());
      CHECK(row.expect != "ok");
      CHECK(error.code() == base::ExitCode::data);
      CHECK(std::string(error.what()).find(row.file) == 0);
      ++refused;
    }
  }
  CHECK(decoded >= 30);
  CHECK(refused >= 20);
}

TEST_CASE("odd JPEG files take bounded time and memory") {
  auto folder = tests::shared_data() / "odd-jpegs";
  if (!std::filesystem::exists(folder / "MANIFEST.tsv")) return;
  long idle = decode_in_child(folder / "ok_1x1.jpg").peak_bytes;
  for (const Row& row : read_manifest(folder / "MANIFEST.tsv")) {
    CAPTURE(row.file);
    ChildReport report = decode_in_child(folder / row.file);
    REQUIRE(WIFEXITED(report.status));
    CHECK((WEXITSTATUS(report.status) == 0 || WEXITSTATUS(report.status) == 3));
    CHECK(report.peak_bytes - idle < long(300) << 20);
    CHECK(report.cpu_seconds < 10);
  }
}

TEST_CASE("a PNG under the name of a JPEG is read as the PNG it is") {
  auto path = tests::shared_data() / "odd-jpegs" / "bad_png_named_jpg.jpg";
  if (!std::filesystem::exists(path)) return;
  CHECK(tests::read_image(path).width > 0);
}
