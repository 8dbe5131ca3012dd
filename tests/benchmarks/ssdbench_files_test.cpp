// ssdbench: which files it reads, and which it never replaces.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/support/files.h"
#include "tests/support/tools/output_options.h"
#include "tests/support/tools/ssdbench.h"

namespace fs = std::filesystem;
using Catch::Contains;
using json = nlohmann::json;
using tests::bench, tests::drawn_set, tests::Outcome, tests::printed, tests::text_of;

namespace {

constexpr const char* kShort = " --device cpu --batch 1 --warmup 0 --steps 3 ";

void check_refused(const Outcome& outcome, int code, const std::string& because) {
  INFO(outcome.err);
  CHECK(outcome.exit_code == code);
  CHECK(outcome.out.empty());
  CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
  CHECK_THAT(outcome.err, Contains(because));
}

}  // namespace

TEST_CASE("ssdbench never replaces a file that it reads, whatever the option and the link") {
  const tests::TemporaryFolder folder;
  const std::string set = drawn_set(folder.path());
  const std::string annotations = set + "/annotations/instances_train.json",
                    image = set + "/images/000001.jpg", link = folder.path() / "link";
  const std::string data = " --annotations " + annotations + " --images " + set + "/images ";
  for (const std::string& input : {annotations, image}) {
    const std::string before = text_of(input);
    fs::remove(link);
    fs::create_hard_link(input, link);
    for (const std::string& command :
         {"train" + data + kShort, "data" + data + "--runs 3 --seconds 0.01",
          "infer --images " + set + "/images" + kShort})
      for (const std::string option : {"--json ", "--dllogger "})
        for (const std::string& output : {input, link}) {
          if (input == annotations && command.starts_with("infer")) continue;
          INFO(command << option << output);
          check_refused(bench(command + " --overwrite " + option + output), 2, "input");
          CHECK(text_of(input) == before);
          CHECK(fs::hard_link_count(input) == 2);
        }
  }
}

TEST_CASE("ssdbench replaces a foreign file with --overwrite only") {
  const tests::TemporaryFolder folder;
  const std::string file = folder.path() / "file";
  tests::write_text(file, "precious");
  for (const std::string command : {"infer", "train", "eval", "op", "conv", "allreduce"})
    for (const std::string option : {" --json ", " --dllogger "})
      check_refused(bench(command + option + file), 2, "exists; choose another name");
  CHECK(text_of(file) == "precious");
  const std::string eval = "eval --count 5 --threads 1 --files " + folder.path().string();
  check_refused(bench(eval + " --json " + folder.path().string() + "/detections.json"), 2,
                "--json and --files both name");
  CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("ssdbench eval --files replaces nothing that lies in its folder") {
  const tests::TemporaryFolder folder;
  const std::string set = drawn_set(folder.path()), into = folder.path() / "w";
  for (const char* name : {"annotations.json", "detections.json"})
    for (const tests::Laid& laid : tests::what_may_lie(set + "/annotations/instances_train.json")) {
      INFO(name << ": " << laid.what);
      fs::remove_all(into);
      fs::create_directory(into);
      const std::string spot = into + "/" + name;
      if (!laid.lay(spot)) continue;
      check_refused(bench("eval --count 5 --threads 1 --runs 3 --files " + into), 2, "--files: ");
      CHECK(laid.stays(spot));
      CHECK(std::distance(fs::directory_iterator(into), {}) == 1);
    }
}

TEST_CASE("ssdbench infer takes the images that ssddetect takes") {
  const tests::TemporaryFolder folder;
  const std::string set = drawn_set(folder.path()), in = folder.path() / "in";
  fs::create_directories(in + "/below");
  fs::copy_file(set + "/images/000001.jpg", in + "/A.JPG");
  fs::copy_file(set + "/images/000002.jpg", in + "/below/b.jpg");
  tests::write_text(in + "/notes.txt", "no picture");
  tests::write_text(in + "/c.webp", "not read");
  fs::create_directory(in + "/folder.jpg");
  const std::string command = std::string("infer --from files --json") + kShort + "--images " + in;
  const Outcome flat = bench(command);
  INFO(flat.err);
  CHECK(flat.exit_code == 0);
  CHECK_THAT(flat.err, Contains("ssdbench: left out: 1 image in sub-folders (--recursive takes "
                                "them), 1 picture of formats that are not read (.webp 1)\n"));
  CHECK_THAT(flat.err, Contains("ssdbench: no latency from p90 on: it needs "));
  fs::create_directory(folder.path() / "none");
  CHECK_THAT(bench(command + " " + (folder.path() / "none").string()).err,
             Contains("ssdbench: note: no image in " + (folder.path() / "none").string() + "\n"));
  fs::remove(in + "/A.JPG");
  check_refused(bench(command), 2, "no JPEG or PNG file in " + in + "; left out: 1 image in sub-");
  CHECK(bench(command + " --recursive").exit_code == 0);
  tests::write_text(folder.path() / "list", in + "/below/b.jpg\n");
  CHECK(bench(std::string("infer --from files --json") + kShort + "--images - < " +
              (folder.path() / "list").string())
            .exit_code == 0);
}

TEST_CASE("ssdbench allreduce: the table, JSON and DLLogger lines of one run") {
  const tests::TemporaryFolder folder;
  const std::string file = folder.path() / "new/result.json", log = folder.path() / "log.json";
  const std::string command =
      "allreduce --ranks 2 --kib 1,4 --runs 3 --json " + file + " --dllogger " + log;
  const Outcome outcome = bench(command);
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK(std::count(outcome.out.begin(), outcome.out.end(), '\n') == 3);  // the table
  const json rows = json::parse(text_of(file)).at("rows");
  REQUIRE(rows.size() == 2);
  std::ifstream lines(log);
  json figures;
  for (std::string line; std::getline(lines, line);) {
    CHECK(line.starts_with("DLLL "));
    const json entry = json::parse(line.substr(5));
    if (entry.contains("data") && entry["step"].is_array()) figures = entry["data"];
  }
  for (const json& row : rows) {
    const std::string name = "allreduce_" + std::to_string(row.at("bytes").get<int>()) + "_bytes_";
    CHECK(figures.at(name + "bus_gb_per_second") == row.at("bus_gb_per_second").at("median"));
    CHECK(figures.at(name + "ms").get<double>() ==
          Approx(1e3 * row.at("seconds").at("median").get<double>()));
  }
  check_refused(bench(command), 2, "exists; choose another name");
  CHECK(bench(command + " --overwrite").exit_code == 0);
  CHECK(bench("compare " + file + " " + file).exit_code == 0);
}
