// Label maps: the text form, lookups, and COCO's categories.
#include "data/formats/label_map.h"
#include "tests/support/catch.h"

#include "data/formats/tf_dataset.h"
#include "engine/base/error.h"

using Catch::Contains;

TEST_CASE("COCO's map has 80 names with ids up to 90") {
  const data::LabelMap& map = data::coco_label_map();
  CHECK(map.labels().size() == 80);
  CHECK(map.lookup("person") == 1);
  CHECK(map.lookup("stop sign") == 13);
  CHECK(map.lookup("toothbrush") == 90);
  CHECK(map.lookup("gnu") == -1);
  for (int missing : {12, 26, 29, 30, 45, 66, 68, 69, 71, 83})
    for (const data::Label& label : map.labels()) CHECK(label.id != missing);
}

TEST_CASE("names and display names are both looked up, and the larger id counts") {
  data::LabelMap map({{1, "/m/1", "dog"}, {2, "dog", "cat"}, {5, "x", ""}});
  CHECK(map.lookup("/m/1") == 1);
  CHECK(map.lookup("dog") == 2);
  CHECK(map.lookup("cat") == 2);
  CHECK(map.lookup("x") == 5);
  CHECK(map.lookup("") == -1);
  auto categories = map.categories();
  CHECK(categories[0].name == "dog");
  CHECK(categories[2].name == "x");
  data::LabelMap copy = map;
  CHECK(copy.lookup("cat") == 2);
}

TEST_CASE("class ids come from texts, or from integers when there are none") {
  data::LabelMap map({{1, "dog", ""}, {2, "cat", ""}});
  data::TfExample example;
  example.class_label = {7, 8};
  CHECK(data::class_ids(example, map) == std::vector<int64_t>{7, 8});
  example.class_text = {"cat", "cheetah"};
  CHECK(data::class_ids(example, map) == std::vector<int64_t>{2, -1});
}

TEST_CASE("a field that stands twice in an item is refused") {
  for (const std::string twice : {"id: 2", "name: 'b'", "display_name: 'b'"})
    CHECK_THROWS_WITH(
        data::parse_label_map(
            "item { id: 1\nname: 'a' display_name: 'c'\n" + twice + " more: 1 more: 2 }", "m"),
        Contains("m:3: " + twice.substr(0, twice.find(':')) +
                 " stands twice in the item of line 1"));
}

TEST_CASE("the text form of label maps") {
  data::LabelMap map = data::parse_label_map(R"(
    # a comment
    item { name: '/m/01g317' id: 1 display_name: "person" }
    item: { id: 2; name: "it\'s \"b\"", keypoints { id: 9 label: 'nose' } scores: [1, 2.5] }
    item < id: 3 name: "c" frequency: COMMON >  # another)",
                                             "m");
  REQUIRE(map.labels().size() == 3);
  CHECK(map.lookup("person") == 1);
  CHECK(map.lookup("it's \"b\"") == 2);
  CHECK(map.lookup("c") == 3);
  const data::LabelMap escaped = data::parse_label_map(
      "\xef\xbb\xbfitem { id: 0x1f name: 'K\\303\\244\\x73e\\?' } item { id: 010 name: '\\a' }",
      "m");
  CHECK(escaped.lookup("K\u00e4se?") == 31);
  CHECK(escaped.lookup("\a") == 8);
}

TEST_CASE("label maps as protobuf reads them") {
  const auto name = [](const std::string& value) {
    return data::parse_label_map("item {\n id: 1\n name: " + value + "\n}", "m").labels()[0].name;
  };
  CHECK(name("'a' 'b'") == "ab");
  CHECK(name("\"a\" # first\n 'b'\"c\" display_name: 'x'") == "abc");
  CHECK(name(R"('\u00e4\u20AC\u0041')") == "\u00e4\u20acA");
  CHECK(name(R"('\U0001F600')") == "\U0001F600");
  CHECK(name(R"('\ud83d\ude00!')") == "\U0001F600!");
  for (const char* text :
       {"item { id: 1 name: 'a' }, item { id: 2 name: 'b' };",
        "item: [{ id: 1 name: 'a' }, < id: 2 name: 'b' >]",
        "item { id: 1 name: 'a' x: 1 x: 2 }"
        "item { id: 2 name: 'b' x: 'c' 'd' y: 3 }",
        "item { id: 0 name: 'background' } item { id: 1 name: 'a' } item { id: 2 name: 'b' }"}) {
    INFO(text);
    const data::LabelMap map = data::parse_label_map(text, "m");
    REQUIRE(map.labels().size() == 2);
    CHECK((map.lookup("a") == 1 && map.lookup("b") == 2));
  }
}

TEST_CASE("a label knows its line, also behind strings in parts") {
  const auto labels =
      data::parse_label_map("\nitem { name: 'a'\n'b'\n\n\nid: 1 }\nitem {\nid: 2 name: 'c' }", "m")
          .labels();
  CHECK((labels[0].line == 2 && labels[1].line == 7));
  CHECK_THROWS_WITH(data::parse_label_map("item { name: 'a'\n\n\n 3 }", "m"), Contains("m:4: "));
}

TEST_CASE("a written map numbers the categories anew only if it must") {
  const std::vector<data::Category> from_0{{0, "a", ""}, {7, "b", ""}},
      kept{{3, "a", ""}, {7, "b", ""}};
  CHECK((data::needs_new_ids(from_0) && !data::needs_new_ids(kept)));
  const auto ids = [](const std::vector<data::Category>& categories) {
    std::vector<int64_t> ids;
    for (const data::Category& c :
         data::parse_label_map(data::label_map_text(categories), "m").categories())
      ids.push_back(c.id);
    return ids;
  };
  CHECK(ids(from_0) == std::vector<int64_t>{1, 2});
  CHECK(ids(kept) == std::vector<int64_t>{3, 7});
}

TEST_CASE("what is no label map is refused with file and line") {
  struct Case {
    const char *text, *message;
  };
  for (const Case& c :
       {Case{"", "m: the file is empty (0 bytes), expected item { id: 1 name: 'cat' } for each"},
        {" \n", "m: the file holds only blanks, expected item"},
        {"# nothing\n", "m: no classes, expected item { id: 1 name: 'cat' } for each class"},
        {"itm { id: 1 name: 'a' }", "m:1: expected \"item {\""},
        {"\nitem [", "m:2: expected \"{\""},
        {"\nitem {\n id: 1 name: 'a'\n",
         "m:4: the item of line 2 has no } before the end of the file; write it behind"},
        {"item {\n id: 1 name: 'a'\nitem {\n id: 2 name: 'b'\n}\n",
         "m:3: the item of line 1 has no } before the next item"},
        {"item {\n id: 1 name: 'a' x {\n y: 1\n}\nitem { id: 2 name: 'b' }",
         "m:5: the item of line 1 has no } before the next item"},
        {"item { id: 1 name: 'a", "a string that is not closed"},
        {"item { id: 1 name: 'a\n' }", "a string that is not closed"},
        {"item { id: 1 name: 'a\\q' }", "an escape other than"},
        {"item { id: 1 name: 'a\\", "an escape other than"},
        {"item { id: 1 name: '\\303' }", "escapes give no UTF-8"},
        {"item { id: 1 name: '\\777' }", "an escape that is no byte"},
        {"item { id: 1 name: '\\x' }", "an escape that is no byte"},
        {"item { id: 1 name: '\\x", "an escape that is no byte"},
        {"item < id: 1 name: 'a' }", "expected a field name"},
        {"item { id: 1 name: 'a' x: [ { ] }", "m:1: expected }"},
        {"item { id: 08 name: 'a' }", "id needs an integer"},
        {"\x01item { id: 1 name: 'a' }", "m:1: the byte \\x01"},
        {"\xff\xfei\0", "UTF-16"},
        {"item { id: 1 name: 'a' }\n<<<<<<< HEAD\n=======", "m:2: a merge conflict"},
        {"item { id: 1 }", "item has no name"},
        {"item { name: 'a' }", "item has no id"},
        {"item { id: 0 name: 'a' }", "id 0 stands for the background, expected an integer of 1"},
        {"item { id: -1 name: 'a' }", "id needs an integer of 1 or more"},
        {"item { id: 0 name: 'background' }", "m: no classes"},
        {"item { id: 0 name: 'background' }\nitem { id: 0 name: 'a' }",
         "m:2: id 0 stands for \"a\", and in line 1 for \"background\""},
        {"item { id: 1 name: 'a' display_name: 'x' }\n\nitem { id: 2 name: 'a' }",
         "m:3: name \"a\" is that of the item of line 1, too; give each class a name of its own"},
        {"item { id: 1 name: '\\ud83d' }", "escapes give no UTF-8"},
        {"item { id: 1 name: '\\ud83d\\u0041' }", "half a character"},
        {"item { id: 1 name: '\\u00e' }", "an escape \\u without its 4"},
        {"item { id: 1 name: '\\u00", "an escape \\u without its 4"},
        {"item { id: 1 name: '\\U00110000' }", "no character"},
        {"item: [{ id: 1 name: 'a' } 3]", "m:1: expected \"{\" after \"item\""},
        {"item: [{ id: 1 name: 'a' }", "m:1: expected \"{\" after \"item\""},
        {"item { id: 1.5 name: 'a' }", "id needs an integer"},
        {"item { id: 99999999999999999999 name: 'a' }", "id needs an integer"},
        {"item { id: 1 name: a }", "name needs a quoted string"},
        {"item { id: 1 name: 'a' x: }", "a field without value"},
        {"item { id: 1 name: 'a' x: [[[[[[[[[[[[[[[[[[", "nested deeper than 16"},
        {"item { id: 1 name: 'a' x: [\n1", "m:2: the file ends, and the value of line 1 is not"},
        {"item { 'a' }", "expected a field name"},
        {"item { id: 1 name: 'a' } item { id: 1 name: 'b' }",
         "id 1 stands for \"b\", and in line 1 for \"a\""},
        {"{\"json\": 1}", "expected \"item {\""}}) {
    INFO(c.text);
    CHECK_THROWS_WITH(data::parse_label_map(c.text, "m"), Contains(c.message));
  }
}
