// A category that only groups the others is no class, unless it is asked for.
#include "data/formats/grouping_class.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "data/formats/label_map.h"
#include "data/formats/source.h"
#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"

using Catch::Contains;
using data::Dataset;
using Json = nlohmann::json;

namespace {

Json category(int id, const std::string& name, const Json& group) {
  return {{"id", id}, {"name", name}, {"supercategory", group}};
}

// Opens a file with these categories and a box of each category in `boxes`.
Dataset opened(const Json& categories, const std::vector<int>& boxes, data::Source source = {}) {
  const tests::TemporaryFolder folder;
  Json set = {{"images", {{{"id", 1}, {"width", 64}, {"height", 48}, {"file_name", "a.jpg"}}}},
              {"annotations", Json::array()},
              {"categories", categories}};
  for (int id : boxes)
    set["annotations"].push_back({{"id", int(set["annotations"].size()) + 1},
                                  {"image_id", 1},
                                  {"category_id", id},
                                  {"iscrowd", 0},
                                  {"area", 100},
                                  {"bbox", {1, 1, 10, 10}}});
  source.annotations = (folder.path() / "set.json").string();
  base::write_file(source.annotations, set.dump());
  return data::open(source);
}

std::vector<std::string> names(const Dataset& dataset) {
  std::vector<std::string> all;
  for (const data::Category& c : dataset.categories) all.push_back(c.name);
  return all;
}
using Names = std::vector<std::string>;

const Json kExported = {category(0, "parts", "none"), category(1, "bolt", "parts"),
                        category(2, "nut", "parts")};

}  // namespace

TEST_CASE("the exporter's grouping category is left out, and the boxes keep their classes") {
  const Dataset set = opened(kExported, {2, 1, 2});
  CHECK(names(set) == Names{"bolt", "nut"});
  REQUIRE(set.objects.size() == 3);
  CHECK(set.categories[size_t(set.objects[0].category)].name == "nut");
  CHECK(set.categories[size_t(set.objects[1].category)].name == "bolt");
  CHECK(set.categories[1].id == 2);
  REQUIRE(set.notes.size() == 1);
  CHECK_THAT(set.notes[0], Contains("'parts' has no boxes and only groups the others") &&
                               Contains("(--keep-grouping-class keeps it)"));
}

TEST_CASE("it may stand anywhere, and group one class alone") {
  CHECK(names(opened({category(5, "bolt", "parts"), category(9, "parts", "")}, {5})) ==
        Names{"bolt"});
  CHECK(names(opened({category(5, "bolt", "parts"), category(9, "parts", nullptr)}, {})) ==
        Names{"bolt"});
}

TEST_CASE("an option and the classes of a model keep it") {
  CHECK(names(opened(kExported, {1}, {.keep_grouping_class = true})).size() == 3);
  CHECK(names(opened(kExported, {1}, {.model_classes = {"nut", "parts"}})).size() == 3);
  CHECK(names(opened(kExported, {1}, {.model_classes = {"nut", "bolt"}})).size() == 2);
}

TEST_CASE("a background without boxes is no class, as in a label map") {
  for (const char* name : {"background", "__background__"}) {
    const Json all = {category(0, name, ""), category(1, "bolt", ""), category(2, "nut", "")};
    const Dataset set = opened(all, {2, 1});
    CHECK(names(set) == Names{"bolt", "nut"});
    CHECK(set.categories[size_t(set.objects[0].category)].name == "nut");
    CHECK_THAT(set.notes.at(0), Contains(std::string("category '") + name +
                                         "' has no boxes and id 0, as the background: it is left"));
    CHECK(opened(all, {0, 1}).categories.size() == 3);  // it has a box
    CHECK(opened(all, {1}, {.keep_grouping_class = true}).categories.size() == 3);
    CHECK(opened(all, {1}, {.model_classes = {name}}).categories.size() == 3);
    const data::LabelMap map = data::parse_label_map(
        fmt::format("item {{ id: 0 name: '{}' }} item {{ id: 1 name: 'bolt' }}", name), "map");
    CHECK(map.labels().size() == 1);
  }
  const Json other = {category(1, "background", ""), category(2, "nut", "")};
  CHECK(opened(other, {2}).categories.size() == 2);  // id 1 is that of a class
}

TEST_CASE("categories that are classes of their own stay") {
  CHECK(opened(kExported, {0, 1}).categories.size() == 3);  // it has a box
  CHECK(opened(Json::array({category(1, "parts", "none")}), {}).categories.size() == 1);
  const Json mixed = {category(1, "animal", "none"), category(2, "cat", "animal"),
                      category(3, "car", "vehicle")};
  CHECK(opened(mixed, {2, 3}).categories.size() == 3);  // it does not group all the others
  const Json own = {category(1, "person", "person"), category(2, "rider", "person")};
  CHECK(opened(own, {2}).categories.size() == 2);  // COCO's person is in a group of that name
  const Json odd = {category(1, "cat", 7), category(2, "dog", Json::array({"cat"}))};
  CHECK(opened(odd, {2}).categories.size() == 2);
}
