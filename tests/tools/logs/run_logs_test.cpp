// The logs of a run: their forms, a resumed run, a full disk.
#include <sys/resource.h>
#include <csignal>
#include <fstream>
#include <nlohmann/json.hpp>
#include <protozero/pbf_reader.hpp>

#include "data/formats/tfrecord.h"
#include "engine/base/append_file.h"
#include "engine/base/error.h"
#include "engine/base/time_text.h"
#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"
#include "tests/support/special_files.h"
#include "tools/logs/training_log.h"

using Catch::Contains;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> lines_of(const fs::path& path) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

struct Event {
  double wall_time = 0;
  int64_t step = 0;
  std::string version;
  std::vector<std::pair<std::string, float>> scalars;
  std::string image;
  int width = 0, height = 0;
};

void read_value(protozero::pbf_reader value, Event& event) {
  std::string tag;
  while (value.next()) {
    if (value.tag() == 1) {
      tag = value.get_string();
    } else if (value.tag() == 2) {
      event.scalars.emplace_back(tag, value.get_float());
    } else if (value.tag() == 4) {
      for (protozero::pbf_reader image = value.get_message(); image.next();) {
        if (image.tag() == 1)
          event.height = image.get_int32();
        else if (image.tag() == 2)
          event.width = image.get_int32();
        else if (image.tag() == 4)
          event.image = image.get_string();
        else
          image.skip();
      }
    } else {
      value.skip();
    }
  }
}

std::vector<Event> events_of(const std::string& path) {
  std::vector<Event> events;
  data::RecordReader reader(path);
  for (std::string_view payload; reader.next(payload);) {
    Event& event = events.emplace_back();
    for (protozero::pbf_reader m(payload.data(), payload.size()); m.next();) {
      if (m.tag() == 1)
        event.wall_time = m.get_double();
      else if (m.tag() == 2)
        event.step = m.get_int64();
      else if (m.tag() == 3)
        event.version = m.get_string();
      else if (m.tag() == 5)
        for (protozero::pbf_reader summary = m.get_message(); summary.next(1);)
          read_value(summary.get_message(), event);
      else
        m.skip();
    }
  }
  return events;
}

std::string event_path(const fs::path& folder) {
  std::string path;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().starts_with("events.out.tfevents.")) {
      CHECK(path.empty());
      path = entry.path();
    }
  return path;
}

// Steps first..last, logged each 10, evaluated each 50.
void train(const fs::path& folder, int64_t last_step, int64_t until) {
  logs::TrainingLog log(
      folder,
      {.total_steps = 200, .last_step = last_step, .every = 10, .columns = {"loss", "mAP"}});
  if (last_step == 0) log.parameters(R"({"lr": 0.02})");
  for (int64_t step = last_step + 1; step <= until; ++step) {
    log.step(step, step / 60, {{"loss", 1.0 / double(step)}}, "loss 1");
    if (step % 50 == 0)
      log.evaluation(step, step / 60, {{"mAP", 0.5}, {"DetectionBoxes_Precision/mAP", 0.5}});
  }
}

}  // namespace

TEST_CASE("DLLogger lines have the form of NVIDIA's") {
  tests::TemporaryFolder folder;
  std::string path = folder.path() / "summary.json";
  {
    logs::DlLogger log(path, 0);
    log.parameters(R"({"batch_size": 32, "precision": "bf16"})");
    log.unit("train_throughput", "images/s");
    log.log(1, 20, {{"train_throughput", 180.5}, {"eval_90%_latency", std::nan("")}});
    log.summary({{"Precision/mAP", 0.28}});
  }
  std::vector<json> entries;
  for (const std::string& line : lines_of(path)) {
    REQUIRE(line.substr(0, 5) == "DLLL ");
    json entry = json::parse(line.substr(5));
    CHECK(std::stod(entry.at("timestamp").get<std::string>()) > 1e9);
    CHECK(std::stod(entry.at("elapsedtime").get<std::string>()) >= 0);
    std::string when = entry.at("datetime");
    CHECK(when.size() == std::string("2020-04-21 16:10:12.337268").size());
    entries.push_back(entry);
  }
  REQUIRE(entries.size() == 4);
  CHECK(entries[0]["type"] == "LOG");
  CHECK(entries[0]["step"] == "PARAMETER");
  CHECK(entries[0]["data"]["batch_size"] == 32);
  CHECK(entries[1]["type"] == "METADATA");
  CHECK(entries[1]["metric"] == "train_throughput");
  CHECK(entries[1]["metadata"]["unit"] == "images/s");
  CHECK(entries[2]["step"] == json({1, 20}));
  CHECK(entries[2]["data"]["train_throughput"] == 180.5);
  CHECK(entries[2]["data"]["eval_90%_latency"].is_null());
  CHECK(entries[3]["step"] == json::array());
  CHECK(entries[3]["data"]["Precision/mAP"] == 0.28);
}

TEST_CASE("event files: version first, scalars and images under their tags") {
  tests::TemporaryFolder folder;
  std::string png = "not really a picture", path;
  {
    logs::EventFile file(folder.path(), 0);
    file.scalars(7, {{"Loss/total_loss", 1.5}, {"lr", 0.02}});
    file.image(8, "samples", 320, 240, png);
    path = file.path();
  }
  std::vector<Event> events = events_of(path);
  REQUIRE(events.size() == 3);
  CHECK(events[0].version == "brain.Event:2");
  CHECK(events[1].step == 7);
  CHECK(events[1].wall_time > 1e9);
  CHECK(events[1].scalars ==
        std::vector<std::pair<std::string, float>>{{"Loss/total_loss", 1.5f}, {"lr", 0.02f}});
  CHECK(events[2].step == 8);
  CHECK(events[2].image == png);
  CHECK(events[2].width == 320);
  CHECK(events[2].height == 240);
}

TEST_CASE("a resumed run repeats no step and misses none, also after a torn end") {
  tests::TemporaryFolder root;
  const fs::path folder = root.path();
  train(folder, 0, 137);  // killed here; the last checkpoint was at 100
  for (const char* name : {"summary.json", "results.csv", "train.log"})
    std::ofstream(folder / name, std::ios::app) << "DLLL {\"torn";
  std::ofstream(event_path(folder), std::ios::app | std::ios::binary) << "torn";
  train(folder, 100, 200);

  std::vector<std::string> rows = lines_of(folder / "results.csv");
  REQUIRE(rows.size() == 21);
  CHECK(rows[0] == "step,epoch,loss,mAP");
  CHECK(rows[5] == "50,0,0.02,0.5");
  for (size_t i = 1; i < rows.size(); ++i) CHECK(std::stoi(rows[i]) == int(i) * 10);

  std::vector<int64_t> logged;
  for (const std::string& line : lines_of(folder / "summary.json")) {
    json entry = json::parse(line.substr(5));
    if (entry["data"].contains("loss")) logged.push_back(entry["step"][1]);
  }
  std::vector<int64_t> shown;
  for (const Event& event : events_of(event_path(folder)))
    if (!event.scalars.empty() && event.scalars[0].first == "loss") shown.push_back(event.step);
  int steps_in_text = 0;
  for (const std::string& line : lines_of(folder / "train.log"))
    steps_in_text += line.find(" step ") != std::string::npos;
  REQUIRE(logged.size() == 20);
  for (size_t i = 0; i < logged.size(); ++i) CHECK(logged[i] == int64_t(i + 1) * 10);
  CHECK(shown == logged);
  CHECK(steps_in_text == 20);
}

TEST_CASE("a log that was cut off before the step after which the run goes on is told") {
  tests::TemporaryFolder root;
  const fs::path folder = root.path();
  train(folder, 0, 100);
  const std::string table = folder / "results.csv", lines = folder / "summary.json";
  const std::string rows = tests::text_of(table), entries = tests::text_of(lines);
  const auto told = [&](int64_t last_step) {
    return logs::CsvLog(table, {"epoch", "loss", "mAP"}, last_step).damage() + "|" +
           logs::DlLogger(lines, last_step).damage();
  };
  CHECK(told(105) == "|");
  CHECK(told(100) == "|");
  for (const char* unfinished : {"", "60,0,0.0", "6"}) {
    tests::write_text(table, rows.substr(0, rows.find("\n60,") + 1) + unfinished);
    tests::write_text(lines, entries.substr(0, entries.find("[1, 60]") - 20));
    CHECK(told(55) == "|");
    tests::write_text(table, rows.substr(0, rows.find("\n60,") + 1) + unfinished);
    CHECK_THAT(told(100), Contains("results.csv ends with step 50, and the run goes on after step "
                                   "100: the steps between are missing") &&
                              Contains("|summary.json ends with step 50, and") &&
                              Contains("stop this run, put the copy there and resume again"));
  }
  // Rows that come more seldom now are not missing.
  tests::write_text(table, rows.substr(0, rows.find("\n60,") + 1));
  CHECK(logs::CsvLog(table, {"epoch", "loss", "mAP"}, 95, 50).damage().empty());
  CHECK_FALSE(logs::CsvLog(table, {"epoch", "loss", "mAP"}, 100, 50).damage().empty());
  tests::write_text(lines, entries.substr(0, 20));
  CHECK_THAT(
      logs::DlLogger(lines, 100).damage(),
      Contains("summary.json is cut off within its first line; it begins anew after step 100"));
  CHECK(tests::text_of(lines).empty());
}

TEST_CASE("other columns: the old table is kept aside") {
  tests::TemporaryFolder folder;
  std::string path = folder.path() / "results.csv";
  { logs::CsvLog(path, {"a"}, 0).row(1, {{"a", 1}}); }
  { logs::CsvLog(path, {"a", "b,c"}, 1).row(2, {{"b,c", 2}, {"unknown", 3}}); }
  CHECK(tests::text_of(path) == "step,a,\"b,c\"\n2,,2\n");
  CHECK(tests::text_of(path + ".old") == "step,a\n1,1\n");
}

TEST_CASE("a disk that is full loses whole records, and only those") {
  tests::TemporaryFolder folder;
  std::string path = folder.path() / "log";
  base::AppendFile file(path);
  REQUIRE(file.append("first\n"));
  signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  rlimit small = before;
  small.rlim_cur = 10;  // the next record fits in part
  setrlimit(RLIMIT_FSIZE, &small);
  bool second = file.append("second\n"), third = file.append("third\n");
  setrlimit(RLIMIT_FSIZE, &before);
  CHECK_FALSE(second);
  CHECK_FALSE(third);
  CHECK(file.lost() == 2);
  CHECK(tests::text_of(path) == "first\n");
  CHECK(file.append("fourth\n"));
  CHECK(tests::text_of(path) == "first\nfourth\n");
  const std::string device = folder.path() / "full";
  if (tests::make_full_device(device)) CHECK_FALSE(base::AppendFile(device).append("x"));
}

TEST_CASE("write_file replaces as a whole") {
  tests::TemporaryFolder folder;
  std::string path = folder.path() / "f";
  base::write_file(path, "one");
  base::write_file(path, "two");
  CHECK(tests::text_of(path) == "two");
  CHECK_FALSE(fs::exists(path + ".tmp"));
  CHECK_THROWS_AS(base::write_file((folder.path() / "none/f").string(), "x"), base::Error);
}

TEST_CASE("durations and progress lines") {
  CHECK(base::duration_text(0.4) == "0s");
  CHECK(base::duration_text(59.6) == "1m00s");
  CHECK(base::duration_text(187) == "3m07s");
  CHECK(base::duration_text(7500) == "2h05m");
  CHECK(base::duration_text(90000) == "1d01h");
  CHECK(base::duration_text(-1) == "?");
  CHECK(base::duration_text(std::nan("")) == "?");
  CHECK(base::utc_text(std::chrono::system_clock::time_point()) == "1970-01-01T00:00:00Z");
  logs::Progress progress({.unit = "image", .total = 200, .done_before = 50});
  CHECK(progress.line(50, "x") == "image 50/200  25%  x");
  CHECK_THAT(progress.line(100, ""), Catch::StartsWith("image 100/200  50%  ETA "));
}
