// Which shards belong together by their names, and which sets are refused.
#include "data/formats/shard_sets.h"

#include <filesystem>

#include "data/formats/tf_dataset.h"
#include "tests/support/catch.h"
#include "tests/support/data_folder.h"
#include "tests/support/failure.h"

using Catch::Contains;
using Paths = std::vector<std::string>;
namespace fs = std::filesystem;

namespace {

// A folder with empty files. Only their names are looked at.
class Folder : public tests::DataFolder {
 public:
  explicit Folder(const Paths& names) {
    for (const std::string& name : names) text(name, "");
  }
  data::FoundShards find(const Paths& names) const {
    Paths patterns;
    for (const std::string& name : names) patterns.push_back(at(name));
    return data::find_shard_sets(patterns);
  }
  std::string refusal(const Paths& names) const {
    return tests::failure([&] { find(names); });
  }
};

Paths shards(const std::string& prefix, int count) {
  Paths names;
  for (int i = 0; i < count; ++i) names.push_back(data::shard_name(prefix, i, count));
  return names;
}

}  // namespace

TEST_CASE("the name of a shard says its set, number and count") {
  const auto name = data::parse_shard_name("m/t.record-00003-of-00100");
  REQUIRE(name);
  CHECK(name->set == "m/t.record");
  CHECK(name->number == 3);
  CHECK(name->count == 100);
  CHECK(data::parse_shard_name("val-00000-of-00001"));
  for (const char* other :
       {"", "-00000-of-00001", "t.record", "t-0-of-1", "t-00001-of-00001", "t-00000-of-00000",
        "t-00000-of-00002.gz", "t-0000x-of-00002", "t--0001-of-00002", "t-00000-if-00002"})
    CHECK_FALSE(data::parse_shard_name(other));
}

TEST_CASE("a glob reads a whole set, and no set of which a shard is missing") {
  const Folder f(shards("t", 4));
  CHECK(f.find({"t.record-*"}).paths.size() == 4);
  CHECK(f.find({"t.record-*"}).notes.empty());
  const data::FoundShards one = f.find({"t.record-00002-of-00004"});
  CHECK(one.paths == Paths{f.at("t.record-00002-of-00004")});
  REQUIRE(one.notes.size() == 1);
  CHECK_THAT(one.notes[0], Contains("t.record-00002-of-00004 is 1 of 4 shards"));
  CHECK(f.find(shards("t", 4)).notes.empty());
  // A part that is chosen on purpose, while the others lie beside it.
  CHECK_THAT(f.find({"t.record-0000[01]*"}).notes.at(0), Contains("t.record: 2 of 4 shards"));
  fs::remove(f.at("t.record-00002-of-00004"));
  CHECK_THAT(f.refusal({"t.record-*"}),
             Contains("t.record: 1 of 4 shards is missing (00002); copy"));
  CHECK_THAT(f.find({"t.record-00001-of-00004", "t.record-00003-of-00004"}).notes.at(0),
             Contains("t.record: 2 of 4 shards"));
}

TEST_CASE("all missing shards are named, up to five of them") {
  const Folder f(shards("t", 9));
  const auto without = [&](std::initializer_list<int> numbers) {
    for (const int number : numbers) fs::remove(f.at(data::shard_name("t", number, 9)));
    return f.refusal({"t.record-*"});
  };
  CHECK_THAT(without({4, 1}), Contains("t.record: 2 of 9 shards are missing (00001, 00004); "));
  CHECK_THAT(without({0, 5, 8}), Contains("missing (00000, 00001, 00004, 00005, 00008); "));
  CHECK_THAT(without({6, 7}),
             Contains("7 of 9 shards are missing (") && Contains(", 00006 and 2 more); "));
}

TEST_CASE("marks of patterns in names of files stand for themselves, if there is such a file") {
  Paths names = shards("a[1]", 2);
  for (const Paths& more : {shards("a1", 3), Paths{"b*.record", "bc.record", "d?.record"}})
    names.insert(names.end(), more.begin(), more.end());
  const Folder f(names);
  CHECK(f.find({"a[1].record-00000-of-00002"}).paths == Paths{f.at("a[1].record-00000-of-00002")});
  CHECK(f.find({"a[1].record-*"}).paths.size() == 2);
  CHECK(f.find({"a[1].record-*"}).notes.empty());
  CHECK(f.find({"a[12].record-*"}).paths.size() == 3);
  CHECK(f.find({"a\\[1].record-*"}).paths.size() == 2);
  CHECK(f.find({"a1.record-0000[0-2]*"}).paths.size() == 3);
  CHECK(f.find({"b*.record"}).paths == Paths{f.at("b*.record")});
  CHECK(f.find({"d?.record"}).paths == Paths{f.at("d?.record")});
  CHECK(f.find({"b?.record"}).paths.size() == 2);
}

TEST_CASE("shards of two counts for one name are refused together") {
  Paths names = shards("t", 2);
  for (const Paths& more : {shards("t", 4), shards("t2", 3), Paths{"u.tfrecord", "t.record"}})
    names.insert(names.end(), more.begin(), more.end());
  const Folder f(names);
  for (const Paths& patterns : {Paths{"t.record-*"}, Paths{"t.record-*2", "t.record-*4"}})
    CHECK_THAT(f.refusal(patterns),
               Contains("t.record: shards of several sets (2 of -of-00002 and 4 of -of-00004)") &&
                   Contains("t.record-*-of-00004'"));
  CHECK(f.find({"t.record-*-of-00004"}).paths.size() == 4);
  CHECK(f.find({"t2.record-*", "t.record-*-of-00002"}).paths.size() == 5);
  CHECK(f.find({"*record"}).paths.size() == 2);
}
