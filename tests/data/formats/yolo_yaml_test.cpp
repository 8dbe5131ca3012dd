// data.yaml: what it may say, and what is refused.
#include "data/formats/yolo_yaml.h"

#include <algorithm>

#include "data/formats/source.h"
#include "engine/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/failure.h"
#include "tests/support/label_folder.h"

using Catch::Contains;
using Texts = std::vector<std::string>;

TEST_CASE("names are a list or a map, places are texts or lists") {
  data::YoloYaml a = data::parse_yolo_yaml(
      "path: ../set  # comment\ntrain: images/train\nval: [a, b.txt]\ntest:\nnc: 2\n"
      "names: ['cat', \"d: og\"]\ndownload: |\n  a & *b\n",
      "d.yaml");
  CHECK(a.path == "../set");
  CHECK(a.names == Texts{"cat", "d: og"});
  CHECK(a.splits.at("train") == Texts{"images/train"});
  CHECK(a.splits.at("val") == Texts{"a", "b.txt"});
  CHECK_FALSE(a.splits.contains("test"));
  CHECK(data::parse_yolo_yaml("names:\n  1: dog\n  0: cat\n", "d").names == Texts{"cat", "dog"});
}

TEST_CASE("val has other names in some tools") {
  const auto val = [](const std::string& text) {
    return data::parse_yolo_yaml("names: [a]\n" + text, "d.yaml").splits.at("val");
  };
  using Places = std::vector<std::string>;
  CHECK(val("validation: x\n") == Places{"x"});
  CHECK(val("valid: [x, y]\n") == Places{"x", "y"});
  CHECK(val("validation: x\nval: y\n") == Places{"y"});
  CHECK(val("val: y\nvalid: x\n") == Places{"y"});
}

TEST_CASE("what a data.yaml must not say is one line with its place") {
  const std::pair<std::string, const char*> rows[] = {
      {"", "d.yaml: the file is empty (0 bytes), expected keys"},
      {" \n \n", "d.yaml: the file holds only blanks, expected keys"},
      {"# nothing\n", "d.yaml: expected keys"},
      {"a: 1\nnames: [a\n", "no valid YAML: a [ without its ] ("},
      {"names: {0: a", "no valid YAML: a { without its } ("},
      {"names: [a, b\ntrain: x\nval: y", "d.yaml:1: no valid YAML: a [ without its ]"},
      {"names: [a: b: c]", "d.yaml:1: no valid YAML: a mark of YAML in a text between brackets"},
      {"names:\n\t- a", "d.yaml:2: no valid YAML: a tab before the text of a line; indent by"},
      {"names: ['a, b]\ntrain: x\n", "d.yaml:1: no valid YAML: quotes that are not closed ("},
      {"names: ['a, 'b']", "d.yaml:1: no valid YAML: text behind a closing quote; is a quote"},
      {"train: \"x\nval: y\nnames: [\"a\"]", "d.yaml:1: no valid YAML: quotes that are not closed"},
      {"train: 'x\nval: y\nnames: ['a']\n", "d.yaml:1: no valid YAML: quotes that are not closed"},
      {"train: 'x\nval: y\nnames: [a]\nnc: 1'", "d.yaml:1: quotes that are not closed in their"},
      {"path: .\n names: [a]", "d.yaml:2: no valid YAML: indented further than the line above it"},
      {"names:\n  0: a\n   1: b", "d.yaml:3: no valid YAML: indented further than the line above"},
      {"names:\n  0: a\n 1: b", "d.yaml:3: no valid YAML: a line that is not indented as those"},
      {"  path: .\nnames: [a]", "d.yaml:2: a line whose indentation is that of no line above it"},
      {"names:\n- a\n - b\n", "d.yaml:3: a list item or key that is not indented as the one"},
      {"names:\n  - a\n- b", "d.yaml:3: no valid YAML: a line that is not indented as those"},
      {"names:\n0: a\n1: b", "d.yaml:1: names has no value; indent the lines"},
      {"path: .\nnames [a, b]\ntrain: x",
       "d.yaml:2: no valid YAML: expected a key, a colon and a "},
      {"path:.\ntrain: x\nnames: [a]", "found `path:.`; write a blank behind the colon"},
      {"names:\n  0 a\n  1: b", "d.yaml:2: no valid YAML: expected a key, a colon and a value"},
      {"names\n  0: a\n", "d.yaml:1: no valid YAML: expected a key, a colon and a value"},
      {"train: x\nnames: [a]\nval images", "d.yaml:3: expected a key, a colon and a value"},
      {"names:\n  0:a\n  1:b", "found `0:a 1:b`; write a blank behind the colon, as in `0: cat`"},
      {"names:\n  -a\n  -b\ntrain: x", "found `-a -b`; write a blank behind the -, as in `- cat`"},
      {"names:\n  cat\n  dog\ntrain: x", "names in lines of their own begin with `- `, as in"},
      {"names:\n  - 'a\n  - b'\ntrain: x", "d.yaml:2: quotes that are not closed in their line"},
      {"d: 'x\nnames: [a]\ntrain: y'", "d.yaml:1: quotes that are not closed in their line"},
      {"names: [a]\n\"train: x\nval: y\n", "d.yaml:2: quotes that are not closed in their line"},
      {"path: .\n names [a]\n", "names is missing: the list of classes; line 2 has the word"},
      {"names: [a]\ntrain:x", "d.yaml:2: expected a key, a colon and a value"},
      {"names: [a]\n<<<<<<< HEAD\ntrain: x\n=======\ntrain: y\n>>>>>>> b",
       "d.yaml:2: no valid YAML: a merge conflict: the file holds two versions of a part"},
      {"<<<<<<< HEAD\nnames: [a]\n=======\n", "d.yaml:1: no valid YAML: a merge conflict"},
      {"train: a: b", "d.yaml:1: no valid YAML: a colon too many; put a text that holds one into "},
      {"names: 'a", "no valid YAML: quotes that are not closed ("},
      {"names: [a]]", "d.yaml:1: no valid YAML: "},
      {"names: @a", "d.yaml:1: no valid YAML: a text with a mark of YAML"},
      {"train: a", "d.yaml: names is missing"},
      {"names: cat", "d.yaml:1: names: expected a list or a map"},
      {"names: []", "names: no class names"},
      {"a: 1\nnames: [[a]]", "d.yaml:2: names: expected a text"},
      {"a: 1\nnames: ['', a]", "d.yaml:2: names: a class without a name, found \"\"; give each"},
      {"names:\n- a\n- ' '", "d.yaml:3: names: a class without a name"},
      {"names:\n  0: a\n  1: \"\"", "d.yaml:3: names: a class without a name"},
      {"names: {0: a, 2: b}", "names: expected the numbers 0 to 1"},
      {"names:\n  1: a\n  2: b",
       "d.yaml:3: names: expected the numbers 0 to 1, once each, found 1 to "
       "2; number the classes as the label files do, which count from 0"},
      {"names: {0: a, cat: b}", "once each, found `cat`"},
      {"names: {RBC: 0, WBC: 1}",
       "d.yaml:1: names: expected the numbers 0 to 1, once each, found a name before its number; "
       "write `0: RBC`"},
      {"names: [0 RBC, 1 WBC]", "d.yaml:1: names: \"0 RBC\" has the number of its class, as all"},
      {"names: [a]\nroboflow:\n\tworkspace: x\n  project: y",
       "d.yaml:3: no valid YAML: a tab before the text of a line; indent by blanks"},
      {"names: {0: a, 0: b}", "names: expected the numbers 0 to 1"},
      {"names: {x: a}", "names: expected the numbers 0 to 0"},
      {"names: [a]\npath: [b]", "d.yaml:2: path: expected a text"},
      {"names: [a]\ntrain: {b: c}", "d.yaml:2: train: expected a text"},
      {"names: [a]\ntrain: b\nnames: [c]", "d.yaml:3: names occurs again, after line 1"},
      {"path: a\nnames: [a]\npath: b", "d.yaml:3: path occurs again, after line 1"},
      {"names: [a]\ntrain: b\ntrain:", "d.yaml:3: train occurs again, after line 2"},
      {"a: 1\nnames: [a]\na: 2", "d.yaml:3: a occurs again, after line 1"},
      {"names: [a", "d.yaml:"},
      {"a: &x [l]\nnames: *x", "d.yaml:2: aliases are not accepted"},
      {"names: " + std::string(40, '[') + std::string(40, ']'), "nested too deeply"},
      {"names: " + std::string(100000, '['), "d.yaml:"},
      {"#" + std::string(300000, 'x'), "at most 262144"}};
  for (const auto& [text, message] : rows) {
    INFO(text.substr(0, 80));
    CHECK_THROWS_WITH(data::parse_yolo_yaml(text, "d.yaml"), Contains(message));
    CHECK_THROWS_AS(data::parse_yolo_yaml(text, "d.yaml"), base::Error);
  }
}

TEST_CASE("a data.yaml of another tool is no fault for what this reader does not need") {
  for (const std::string text :
       {"names:\n- 'it''s'\n- \"a \\\" b\"  # the second\ntrain: x\n",
        "names: ['a',\n  \"b: c\",\n  d]  # a list\ntrain: [x,\n  y]\n",
        "train: x\nnames:\n  0: a\n  1: b\ndownload: |\n  from x import y\n\n  print('it')\nval: "
        "y\n",
        "description: a long text that\n  goes on here, as it may\nnames: [a]\n",
        "license: \"a text over\n  two lines\"\nnames: [a]\n",
        "roboflow:\n  url: https://x.org/a#b\n  version: 2\nnames: [a]\nnc: 1\n",
        "train:\n  - a\n  - b\nval:\n- c\nnames: {0: a, 1: 'b'}\n",
        "%YAML 1.2\n---\n# a\nnames: [a]\n...\n", "\xef\xbb\xbfnames: [a]\r\ntrain: x\r\n",
        "authors:\n  - name: a\n    mail: b\n  - name: c\nnames: [a]\n",
        "names:\n  -\n    a\n  - b\n"}) {
    INFO(text);
    CHECK_NOTHROW(data::parse_yolo_yaml(text, "d.yaml"));
  }
}

namespace {

// Texts that mean nothing to this reader, and look as if they might be wrong.
const char* const kExtras[] = {"description: one\n  two\n  three\n",
                               "description: 'one\n  two'\n",
                               "description: 'one\n  license: two\n\n  - three'\n",
                               "description: \"one \\\n  \\ url: two\"\n",
                               "description:\n  one: two\n  three:\n  - - 16\n    - 17\n",
                               "download: !!str |\n  import os\n  print('x\n",
                               "download: &d |\n  foo bar\n  x: \"y\n",
                               "date: some day\n  12:30\n",
                               "? complex\n: [a, b]\n",
                               "test set:\n",
                               "foo: 'tis' # it's\n"};

}  // namespace

TEST_CASE("a data.yaml that can be read is not refused for how it is written") {
  for (const std::string extra : kExtras) {
    INFO(extra);
    CHECK(data::parse_yolo_yaml(extra + "names: [a]\ntrain: x\n", "d").names == Texts{"a"});
    CHECK(data::parse_yolo_yaml("names: [a]\n" + extra + "train: x\n", "d").splits.size() == 1);
  }
  for (const std::string text :
       {"{names: [a, b], train: x, val: x}\n", "\xef\xbb\xbf# a\nnames: [a, b]\ntrain: x\n",
        "\xef\xbb\xbf---\nnames: [a, b]\ntrain: x\n", "? names\n: [a, b]\ntrain: x\n",
        "names: [a, b]\ntrain: x\n---\ntrain: [\n", "names: [a, b]\ntrain: x\n...\nval: y\n",
        "names:\n  - |-\n    a\n  - >-\n    b\ntrain: x\n", "names:\n- 'a'\n-\n  b\ntrain: x\n"}) {
    INFO(text);
    CHECK(data::parse_yolo_yaml(text, "d").names == Texts{"a", "b"});
  }
  CHECK(data::parse_yolo_yaml("names:\n- 'x:\n  y'\n- \"- z\n  a\"\n- c\n  d\n", "d").names ==
        Texts{"x: y", "- z a", "c d"});
}

TEST_CASE("the line of a fault in a data.yaml is not one above that is no fault") {
  for (const std::string extra : kExtras) {
    const auto lines = std::count(extra.begin(), extra.end(), '\n');
    for (const char* fault : {"val: [x", "val: 'x", "val: a: b", "val: @x"}) {
      INFO(extra << fault);
      CHECK_THROWS_WITH(
          data::parse_yolo_yaml("names: [a]\n" + extra + "train: x\n" + fault, "d.yaml"),
          Contains("d.yaml:" + std::to_string(lines + 3) + ": no valid YAML"));
    }
  }
  CHECK_THROWS_WITH(data::parse_yolo_yaml("names: [a,\n b: c: d,\n e]\n", "d.yaml"),
                    Contains("d.yaml:2: no valid YAML"));
}

TEST_CASE("a data.yaml has one limit, wherever it is read") {
  const tests::LabelFolder f;
  f.image("set/images/a.jpg");
  f.text("set/labels/a.txt", "0 .5 .5 .2 .2\n");
  const std::string text = "names: [bolt]\ntrain: images\n";
  const auto padded = [&](size_t bytes) {
    return text + "#" + std::string(bytes - text.size() - 1, 'x');
  };
  const data::Source source{.yolo = f.at("set")};
  f.text("set/data.yaml", padded(data::kLargestYoloYaml));
  CHECK(data::open(source).images.size() == 1);
  f.text("set/data.yaml", padded(data::kLargestYoloYaml + 1));
  const std::string told = ": 262145 bytes, expected at most 262144 bytes (256 KiB); if it is ";
  CHECK_THAT(tests::failure([&] { data::open(source); }), Catch::Contains(told));
  CHECK_THAT(tests::failure([&] { data::parse_yolo_yaml(padded(262145), "y"); }),
             Catch::Contains(told));
}
