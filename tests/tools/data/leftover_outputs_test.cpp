// What an earlier conversion has left where a new one writes.
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/deep_folder.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;
using Catch::Contains;
using tests::Outcome, tests::text_of, tests::write_text;

namespace {

class DrawnData {
 public:
  static constexpr const char* kFile = "data/annotations/instances_val.json";

  std::string at(const std::string& name) const { return place_.at(name); }
  Outcome convert(const std::string& arguments) const {
    return tests::run(fmt::format("cd {} && timeout 60 {} convert {}", at(""),
                                  tests::program("ssddata").string(), arguments));
  }
  Outcome to_shards(int count, const std::string& more = "") const {
    return convert(
        fmt::format("--annotations {} --images data/images --to-records out/t "
                    "--shards {} {}",
                    kFile, count, more));
  }
  size_t files_in(const std::string& folder) const {
    return size_t(std::distance(fs::directory_iterator(at(folder)), fs::directory_iterator()));
  }

 private:
  tests::TrainingPlace place_{2, 4};
};

}  // namespace

TEST_CASE("shards of another count are never left beside new ones in silence") {
  const DrawnData p;
  for (const auto& [before, now] : {std::pair(4, 2), {2, 4}, {3, 1}}) {
    INFO(before << " -> " << now);
    fs::remove_all(p.at("out"));
    REQUIRE(p.to_shards(before).exit_code == 0);
    const Outcome refused = p.to_shards(now);
    CHECK(refused.exit_code == 2);
    CHECK_THAT(refused.err, Contains(fmt::format("out/t.record-00000-of-{:05}", before)) &&
                                Contains(fmt::format("and {} more exist", before - 1)) &&
                                Contains("--overwrite"));
    CHECK(p.files_in("out") == size_t(before + 1));  // and the label map

    const Outcome replaced = p.to_shards(now, "--overwrite");
    CHECK(replaced.exit_code == 0);
    CHECK_THAT(replaced.out, Contains(fmt::format("{} shards of an older set", before)));
    CHECK(p.files_in("out") == size_t(now + 1));
    CHECK(p.convert("--records 'out/t.record-*' --to-coco out/c.json").exit_code == 0);
  }
}

TEST_CASE("a set that cannot be made whole leaves the old one of the same count as it was") {
  const DrawnData p;
  REQUIRE(p.to_shards(2).exit_code == 0);
  std::map<std::string, std::string> before;
  for (const auto& entry : fs::directory_iterator(p.at("out")))
    before[entry.path().string()] = text_of(entry.path());
  REQUIRE(before.size() == 3);

  // The first shard could be written anew, with another picture; the second could not.
  const auto images = nlohmann::json::parse(text_of(p.at(DrawnData::kFile))).at("images");
  const auto picture = [&](size_t i) {
    return p.at("data/images/" + images.at(i).at("file_name").get<std::string>());
  };
  fs::copy_file(picture(2), picture(0), fs::copy_options::overwrite_existing);
  write_text(picture(3), "no picture");
  const Outcome failed = p.to_shards(2, "--threads 1 --overwrite");
  INFO(failed.err);
  CHECK(failed.exit_code == 3);
  CHECK_THAT(failed.err, Contains("1 of 4 (25.0 %) images cannot be read"));
  CHECK(p.files_in("out") == 3);
  for (const auto& [path, bytes] : before) CHECK(text_of(path) == bytes);
}

TEST_CASE("the name of a set may have brackets, but no * or ?") {
  const DrawnData p;
  const auto convert = [&](const std::string& prefix) {
    return p.convert(
        fmt::format("--annotations {} --images data/images --shards 2 --to-records '{}'",
                    DrawnData::kFile, prefix));
  };
  REQUIRE(convert("data [v2]/a[1]").exit_code == 0);
  REQUIRE(convert("data [v2]/a1").exit_code == 0);
  CHECK(p.convert("--records 'data [v2]/a[1].record-*' --to-coco c.json").exit_code == 0);
  CHECK(nlohmann::json::parse(text_of(p.at("c.json"))).at("images").size() == 4);
  for (const char* prefix : {"out/t*", "out/t?", "o*/t"}) {
    const Outcome refused = convert(prefix);
    INFO(prefix);
    CHECK(refused.exit_code == 2);
    CHECK_THAT(refused.err, Contains("holds a * or ?") && Contains("choose another name"));
  }
}

TEST_CASE("of the old shards, inputs and files without records are never removed") {
  const DrawnData p;
  REQUIRE(p.to_shards(2).exit_code == 0);
  const Outcome input =
      p.convert("--records 'out/t.record-*' --to-records out/t --shards 3 --overwrite");
  CHECK(input.exit_code == 2);
  CHECK_THAT(input.err, Contains("out/t.record-00000-of-00002 is an input"));
  CHECK(p.files_in("out") == 3);

  write_text(p.at("out/t.record-00005-of-00009"), "somebody's own text, which is no record");
  const Outcome foreign = p.to_shards(2, "--overwrite");
  CHECK(foreign.exit_code == 2);
  CHECK_THAT(foreign.err, Contains("t.record-00005-of-00009") && Contains("holds no TFRecord"));
  fs::remove(p.at("out/t.record-00005-of-00009"));

  // Names that are no shards of this set.
  for (const char* other : {"t.record-00000-of-00003.bak", "tt.record-00000-of-00003",
                            "t.record-0-of-3", "t.record-00003-of-00003"})
    write_text(p.at(std::string("out/") + other), "x");
  CHECK(p.to_shards(2, "--overwrite").exit_code == 0);
  CHECK(p.files_in("out") == 7);
}

TEST_CASE("label files beside the new ones are counted") {
  const DrawnData p;
  const std::string input = fmt::format("--annotations {} --images data/images ", DrawnData::kFile);
  fs::create_directories(p.at("voc/sub"));
  fs::create_directory(p.at("yolo"));
  write_text(p.at("voc/sub/old.xml"), "<annotation/>");
  write_text(p.at("yolo/old.txt"), "");
  write_text(p.at("yolo/older.txt"), "");
  const Outcome both = p.convert(input + "--to-voc voc --to-yolo yolo");
  CHECK(both.exit_code == 0);
  CHECK_THAT(both.err, Contains("voc holds 1 other .xml file, voc/sub/old.xml; programs") &&
                           Contains("yolo holds 2 other .txt files, such as yolo/old.txt"));
  const Outcome fresh = p.convert(input + "--to-voc new --to-yolo new");
  CHECK(fresh.exit_code == 0);
  CHECK(fresh.err.empty());
}

TEST_CASE("folders that cannot be looked at for other label files are told") {
  const DrawnData p;
  const std::string input = fmt::format("--annotations {} --images data/images ", DrawnData::kFile);
  for (const char* name : {"yolo", "voc"}) {
    fs::create_directory(p.at(name));
    tests::make_too_deep(p.at(name));
  }
  const Outcome both = p.convert(input + "--to-voc voc --to-yolo yolo");
  INFO(both.err);
  CHECK(both.exit_code == 0);
  CHECK_THAT(both.err, Contains("warning: --to-yolo: 1 folder could not be looked at, yolo/ddd") &&
                           Contains(": File name too long; label files there may have other"));
  CHECK_THAT(both.err, Contains("note: 1 folder could not be looked at, voc/ddd") &&
                           Contains("; whether other .xml files are there is not known"));
  const Outcome voc = p.convert("--voc voc --images data/images --to-coco c.json");
  CHECK(voc.exit_code == 3);
  CHECK_THAT(voc.err, Contains("voc: 1 folder could not be looked at, voc/ddd") &&
                          Contains("; its labels would be left out: mend that, or take"));
  const Outcome yolo = p.convert("--yolo yolo --images data/images --to-coco c.json");
  INFO(yolo.err);
  CHECK(yolo.exit_code == 0);
  CHECK_THAT(yolo.err, Contains("label files without an image; 1 folder could not be looked at") &&
                           Contains("see to it that no output replaces label files there"));
}

TEST_CASE("--to-yolo never leaves label files of other classes beside a new classes.txt") {
  const DrawnData p;
  const std::string input = fmt::format("--annotations {} --images data/images ", DrawnData::kFile);
  REQUIRE(p.convert(input + "--to-yolo yolo").exit_code == 0);
  const auto refused = [&](const std::string& words) {
    const Outcome outcome = p.convert(input + "--to-yolo yolo --overwrite");
    CHECK(outcome.exit_code == 2);
    CHECK_THAT(outcome.err, Contains(words));
  };
  const std::string names = text_of(p.at("yolo/classes.txt"));
  write_text(p.at("yolo/old.txt"), "0 0.5 0.5 0.1 0.1\n");
  CHECK(p.convert(input + "--to-yolo yolo --overwrite").exit_code == 0);  // the same classes
  write_text(p.at("yolo/classes.txt"), "dog\ncat\n");
  refused("yolo/old.txt is a label file, and yolo/classes.txt lists other classes than the data");
  CHECK(text_of(p.at("yolo/classes.txt")) == "dog\ncat\n");
  fs::remove(p.at("yolo/classes.txt"));
  refused("yolo/classes.txt is missing");
  fs::create_directory(p.at("yolo/sub"));
  fs::rename(p.at("yolo/old.txt"), p.at("yolo/sub/old.txt"));  // readers find it there, too
  refused("yolo/sub/old.txt is a label file");
  fs::remove_all(p.at("yolo/sub"));
  // All that is left of other classes is replaced.
  write_text(p.at("yolo/classes.txt"), "dog\ncat\n");
  CHECK(p.convert(input + "--to-yolo yolo --overwrite").exit_code == 0);
  CHECK(text_of(p.at("yolo/classes.txt")) == names);
}
