// ssddata split from outside: nothing lost, nothing doubled, no field changed.
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "data/formats/coco.h"
#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"
#include "tests/support/tools/training_run.h"

using Catch::Contains;
using Json = nlohmann::ordered_json;
using tests::Outcome;

namespace {

constexpr int kImages = 40;

// A COCO file with fields that no reader knows, in an unusual order and spelling.
Json unusual_file() {
  Json file = {{"licenses", {{{"id", 1}, {"url", "x\"]}"}}}}, {"annotations", Json::array()}};
  for (int i = 0; i < 3 * kImages; ++i)
    file["annotations"].push_back({{"id", 1000 - i},
                                   {"image_id", 7 * (i * 11 % kImages)},
                                   {"segmentation", {{1.5, 2, 3, 4.25, 5, 6}}},
                                   {"attributes", {{"images", "}],["}, {"deep", {1, {2, {3}}}}}},
                                   {"category_id", i == 0 ? 9 : 3 + i % 2},
                                   {"iscrowd", i % 5 == 0 ? 1 : 0},
                                   {"bbox", {i, 0.1, 2e0, 3}},
                                   {"area", 6}});
  file["images"] = Json::array();
  for (int i = 0; i < kImages; ++i)
    file["images"].push_back({{"file_name", fmt::format("f{}/\"{}\\.jpg", i % 5, i)},
                              {"id", 7 * i},
                              {"width", 50},
                              {"height", 40},
                              {"date_captured", "\u00fc [{"}});
  file["categories"] = {{{"id", 3}, {"name", "cat"}, {"supercategory", "animal"}},
                        {{"id", 4}, {"name", "dog"}},
                        {{"id", 9}, {"name", "rare"}},
                        {{"id", 11}, {"name", "none"}}};
  file["info"] = {{"annotations", {1, 2}}, {"version", "1.0"}};
  return file;
}

class UnusualData {
 public:
  UnusualData() { base::write_file(at("all.json"), unusual_file().dump()); }
  std::string at(const std::string& name) const { return (folder_.path() / name).string(); }
  Outcome split(const std::string& arguments) const {
    return tests::run(fmt::format("cd {} && {} split {}", folder_.path().string(),
                                  tests::program("ssddata").string(), arguments));
  }
  Outcome split_all(const std::string& more) const {
    return split("--annotations all.json --to-train t.json --to-val v.json " + more);
  }
  Json read(const std::string& name) const { return Json::parse(tests::text_of(at(name))); }
  // One line that holds `text`, and no output.
  void check_refused(const std::string& arguments, int exit_code, const std::string& text) const {
    const Outcome outcome = split(arguments);
    INFO(arguments << ": " << outcome.err);
    CHECK(outcome.exit_code == exit_code);
    CHECK(std::count(outcome.err.begin(), outcome.err.end(), '\n') == 1);
    CHECK_THAT(outcome.err, Contains(text));
    CHECK_FALSE(std::filesystem::exists(at("t.json")));
  }

 private:
  tests::TemporaryFolder folder_;
};

std::vector<std::string> entries(const Json& part, const char* section) {
  std::vector<std::string> texts;
  for (const Json& entry : part.at(section)) texts.push_back(entry.dump());
  return texts;
}

// The entries of both parts are those of the whole, and each part keeps their order.
void check_section(const UnusualData& place, const char* section) {
  std::vector<std::string> whole = entries(place.read("all.json"), section), both;
  for (const char* name : {"t.json", "v.json"}) {
    const std::vector<std::string> part = entries(place.read(name), section);
    size_t at = 0;
    for (const std::string& entry : whole)
      if (at < part.size() && part[at] == entry) ++at;
    CHECK(at == part.size());
    both.insert(both.end(), part.begin(), part.end());
  }
  std::sort(whole.begin(), whole.end());
  std::sort(both.begin(), both.end());
  CHECK(both == whole);
}

}  // namespace

TEST_CASE("split: every field is kept, every entry is in one part") {
  for (const int indent : {-1, 2})
    for (const char* more : {"", "--by folder --count 16", "--fraction 0.5 --seed 4"}) {
      UnusualData place;
      base::write_file(place.at("all.json"), unusual_file().dump(indent));
      const Outcome outcome = place.split_all(more);
      INFO(more << "\n" << outcome.err);
      REQUIRE(outcome.exit_code == 0);
      check_section(place, "images");
      check_section(place, "annotations");
      for (const char* name : {"t.json", "v.json"}) {
        const Json part = place.read(name), whole = place.read("all.json");
        for (const char* section : {"licenses", "categories", "info"})
          CHECK(part.at(section).dump() == whole.at(section).dump());
        const data::Dataset dataset = data::load_coco(place.at(name), "");  // no orphans
        CHECK(dataset.objects.size() == part.at("annotations").size());
      }
    }
}

TEST_CASE("split: the counts are told, and classes that one part lacks") {
  const UnusualData place;
  const Outcome outcome = place.split_all("--count 10");
  INFO(outcome.out << outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK_THAT(outcome.out, Contains("all") && Contains("  25.0%") && Contains("cat"));
  CHECK_THAT(outcome.err, Contains("class \"rare\" is in 1 image, too few for both parts") &&
                              Contains("class \"none\" is in no image"));
  CHECK_THAT(outcome.err, !Contains("\"cat\""));
  CHECK(place.read("v.json").at("images").size() == 10);
  const Outcome most = place.split_all("--count 39 --overwrite");
  INFO(most.err);
  CHECK_THAT(most.err, Contains(" images, in validation only, so it is not learned: training has "
                                "only 1 image"));
}

TEST_CASE("split: a file without annotations, and one that begins with a byte order mark") {
  UnusualData place;
  base::write_file(place.at("all.json"),
                   std::string("\xEF\xBB\xBF {\"images\" : [ {\"id\":1,\"file_name\":\"a\","
                               "\"width\":1,\"height\":1} , {\"id\":2,\"file_name\":\"b\","
                               "\"width\":1,\"height\":1}\n], \"annotations\": [ ]}"));
  const Outcome outcome = place.split_all("");
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  for (const char* name : {"t.json", "v.json"}) {
    CHECK(place.read(name).at("images").size() == 1);
    CHECK(place.read(name).at("annotations").empty());
  }
}

TEST_CASE("split: another format becomes two COCO files") {
  const tests::TrainingPlace drawn(10, 2);
  const std::string cd = "cd " + drawn.at("") + " && " + tests::program("ssddata").string();
  const std::string train =
      " --annotations data/annotations/instances_train.json --images "
      "data/images";
  REQUIRE(tests::run(cd + " convert" + train + " --to-records r").exit_code == 0);
  const Outcome outcome = tests::run(
      cd + " split --records 'r.record-*' --fraction 0.3 --to-train t.json --to-val v.json");
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  const data::Dataset t = data::load_coco(drawn.at("t.json"), ""),
                      v = data::load_coco(drawn.at("v.json"), ""),
                      all = data::load_coco(drawn.at("data/annotations/instances_train.json"), "");
  CHECK((t.images.size() == 7 && v.images.size() == 3));
  CHECK(t.objects.size() + v.objects.size() == all.objects.size());
}

TEST_CASE("split: equal seeds give equal files") {
  const UnusualData a, b;
  REQUIRE(a.split_all("--seed 3").exit_code == 0);
  REQUIRE(b.split_all("--seed 3").exit_code == 0);
  for (const char* name : {"t.json", "v.json"})
    CHECK(tests::text_of(a.at(name)) == tests::text_of(b.at(name)));
}

TEST_CASE("split: mistakes are one line") {
  const UnusualData place;
  const std::string all = "--annotations all.json --to-train t.json ",
                    good = all + "--to-val v.json ";
  place.check_refused(all, 2, "--to-val");
  place.check_refused(all + "--to-val ./t.json", 2, "t.json");
  place.check_refused(all + "--to-val all.json --overwrite", 2, "input");
  place.check_refused(good + "--fraction 0", 2, "above 0 and below 1");
  place.check_refused(good + "--fraction 1.5", 2, "above 0 and below 1");
  place.check_refused(good + "--count 40", 2, "expected 1 to 39");
  place.check_refused(good + "--count 0", 2, "--count");
  place.check_refused(good + "--count 4 --fraction 0.1", 2, "--count");
  place.check_refused(good + "--by class", 2, "--by");
  place.check_refused(good + "--seed -1", 2, "--seed");
  base::write_file(place.at("cut.json"), unusual_file().dump().substr(0, 5000));
  place.check_refused("--annotations cut.json --to-train t.json --to-val v.json", 3, "cut.json");
}
