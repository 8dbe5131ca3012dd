// A program that is killed while it gives files of a set their names leaves a set that readers
// refuse, or a whole one, but never files of two sets.
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/data_folder.h"
#include "tests/support/files.h"

namespace fs = std::filesystem;
using tests::DataFolder, tests::Outcome, tests::text_of;

namespace {

// Data sets of the same images, with different classes and boxes.
struct TwoDataSets : DataFolder {
  TwoDataSets() {
    for (int set = 0; set < 2; ++set) {
      nlohmann::json file = {{"images", nlohmann::json::array()},
                             {"annotations", nlohmann::json::array()},
                             {"categories",
                              {{{"id", 1}, {"name", set ? "nut" : "bolt"}},
                               {{"id", 2}, {"name", set ? "bolt" : "nut"}}}}};
      for (int id = 1; id <= 6; ++id) {
        const std::string name = fmt::format("{}.jpg", id);
        if (set == 0) image("images/" + name);
        file["images"].push_back({{"id", id}, {"file_name", name}, {"width", 40}, {"height", 20}});
        file["annotations"].push_back({{"id", id},
                                       {"image_id", id},
                                       {"category_id", 1},
                                       {"bbox", {1 + set, 2, 4, 5}},
                                       {"area", 20}});
      }
      text(fmt::format("set{}.json", set), file.dump());
    }
  }
  Outcome ssddata(const std::string& arguments, const std::string& before = "") const {
    return tests::run(fmt::format("cd {} && {} {} {}", at(""), before,
                                  tests::program("ssddata").string(), arguments));
  }
  // Runs it with SIGKILL at the `number`-th of these system calls. Whether it was killed.
  bool killed(const std::string& arguments, const char* call, int number) const {
    const Outcome outcome =
        ssddata(arguments, fmt::format("strace -f -qq -o /dev/null -e trace={0} "
                                       "-e inject={0}:signal=KILL:when={1}",
                                       call, number));
    INFO(outcome.err);
    CHECK((outcome.exit_code == 0 || outcome.exit_code == 128 + 9));
    return outcome.exit_code != 0;
  }
  // What a set is, as a COCO file; empty if readers refuse it.
  std::string read(const std::string& input) const {
    fs::remove(at("read.json"));
    const Outcome outcome = ssddata("convert " + input + " --to-coco read.json");
    CHECK((outcome.exit_code == 0 || outcome.exit_code == 3));
    return text_of(at("read.json"));
  }
};

bool can_kill() {
  static const bool can =
      tests::run("strace -qq -e trace=rename -e inject=rename:signal=KILL:when=1 true").exit_code ==
      0;
  if (!can) WARN("skipped: strace is missing or may not trace");
  return can;
}

// Converts set 0, and kills the conversion of set 1 over it at each of its calls in turn.
void check_at_every_call(const TwoDataSets& p, const std::string& input, const std::string& output,
                         const std::string& reading) {
  const auto convert = [&](int set) {
    return fmt::format("{} {} --overwrite", fmt::format(fmt::runtime(input), set), output);
  };
  REQUIRE(p.ssddata(convert(1)).exit_code == 0);
  const std::string fresh = p.read(reading);
  REQUIRE(p.ssddata(convert(0)).exit_code == 0);
  const std::string old = p.read(reading);
  REQUIRE((!old.empty() && !fresh.empty() && old != fresh));
  int refused = 0;
  for (const char* call : {"rename", "unlink"}) {
    bool killed = true;
    for (int number = 1; killed; ++number) {
      REQUIRE(p.ssddata(convert(0)).exit_code == 0);
      killed = p.killed(convert(1), call, number);
      const std::string left = p.read(reading);
      INFO("killed at " << call << " " << number << ": " << left);
      CHECK((left.empty() || left == old || left == fresh));
      refused += left.empty();
    }
  }
  CHECK(refused > 0);
  CHECK(p.read(reading) == fresh);
}

}  // namespace

TEST_CASE("killed: shards and their label map") {
  if (!can_kill()) return;
  const TwoDataSets p;
  for (const int shards : {1, 3}) {
    fs::remove_all(p.at("out"));
    check_at_every_call(p, "convert --annotations set{}.json --images images",
                        fmt::format("--to-records out/t --threads 1 --shards {}", shards),
                        "--records 'out/t.record-*'");
  }
}

TEST_CASE("killed: YOLO labels and their class names") {
  if (!can_kill()) return;
  const TwoDataSets p;
  check_at_every_call(p, "convert --annotations set{}.json --images images", "--to-yolo out",
                      "--yolo out --images images");
}

TEST_CASE("killed: VOC labels") {
  if (!can_kill()) return;
  const TwoDataSets p;
  check_at_every_call(p, "convert --annotations set{}.json --images images", "--to-voc out",
                      "--voc out --images images");
}

TEST_CASE("a VOC folder whose conversion has not ended is refused, and so is a part of it") {
  const TwoDataSets p;
  REQUIRE(p.ssddata("convert --annotations set0.json --images images --to-voc out/day").exit_code ==
          0);
  for (const char* folder : {"out", "out/day"}) {
    p.text(std::string(folder) + "/unfinished_conversion.txt", "");
    for (const char* read : {"out", "out/day", "out/../out"}) {
      const Outcome refused = p.ssddata(fmt::format("check --voc {} --images images", read));
      CHECK(refused.exit_code == 3);
      CHECK(refused.err.find("convert again") != std::string::npos);
    }
    fs::remove(p.at(std::string(folder) + "/unfinished_conversion.txt"));
  }
  CHECK(p.ssddata("check --voc out --images images").exit_code == 0);
}

TEST_CASE("killed: the two parts of a split") {
  if (!can_kill()) return;
  const TwoDataSets p;
  const auto split = [&](int seed) {
    return fmt::format(
        "split --annotations set0.json --to-train t.json --to-val v.json --fraction 0.5 "
        "--seed {} --overwrite",
        seed);
  };
  const auto parts = [&] { return std::pair(text_of(p.at("t.json")), text_of(p.at("v.json"))); };
  REQUIRE(p.ssddata(split(1)).exit_code == 0);
  const auto old = parts();
  int seed = 2;
  do REQUIRE(p.ssddata(split(seed++)).exit_code == 0);
  while (parts().first == old.first);
  const auto fresh = parts();
  bool killed = true;
  for (int number = 1; killed; ++number) {
    REQUIRE(p.ssddata(split(1)).exit_code == 0);
    killed = p.killed(split(seed - 1), "rename", number);
    const auto [training, validation] = parts();
    INFO("killed at rename " << number);
    const bool of_one = (training == old.first && validation == old.second) ||
                        (training == fresh.first && validation == fresh.second);
    CHECK((of_one || training.empty() || validation.empty()));
  }
}
