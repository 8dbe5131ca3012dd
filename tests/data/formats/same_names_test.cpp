// Two classes of one name, in each format: the message has the file, both places and what to do.
#include "data/formats/class_names.h"
#include "data/likely_name.h"
#include "tests/support/catch.h"

#include "data/check/dataset_check.h"
#include "data/formats/tf_dataset.h"
#include "engine/base/error.h"
#include "tests/support/label_folder.h"

using Catch::Contains, std::string;
using tests::LabelFolder;

namespace {

const string kCure = ", but classes are told apart by name: rename one of them, or give the boxes ";

// What programs say of the set, and what a check lists.
void check_told(const data::Dataset& set, const string& words) {
  CHECK(data::same_name_in_words(set) == words + kCure + "of both one id");
  data::Problems problems;
  data::check_labels(set, problems);
  string listed;
  for (const data::Problem& problem : problems.kept())
    if (problem.kind == data::ProblemKind::duplicate_category_name)
      listed += problem.where + ": " + problem.text;
  CHECK(listed == words + kCure + "of both one id");
}

}  // namespace

TEST_CASE("one name twice in a data.yaml is told with lines and the numbers of the file") {
  const LabelFolder f;
  const data::Source source = f.yolo(2);
  const string file = f.at("yolo/data.yaml");
  const string train = "train: images\nval: images\n";
  f.text("yolo/data.yaml", train + "names:\n- bolt\n- nut\n- bolt\n");
  check_told(data::open(source),
             file +
                 ": the classes of line 4 (number 0) and line 6 (number 2) are both named "
                 "\"bolt\"");
  f.text("yolo/data.yaml", "names: {1: nut, 0: nut}\n" + train);
  check_told(data::open(source),
             file +
                 ": the classes of line 1 (number 0) and line 1 (number 1) are both named "
                 "\"nut\"");
}

TEST_CASE("one name twice in a file of names is told with lines and name") {
  const LabelFolder f;
  for (const auto& [text, line] :
       {std::pair("nut\nbolt\nnut\n", ":3: \"nut\" is the name of line 1, too; give each class"),
        {"names:\n- bolt\n- bolt\n", ":3: \"bolt\" is the name of line 2, too; give each class"},
        {"nut\n\nbolt\n", ":2: an empty line among the class names; write the name of class 1"}}) {
    f.text("names.txt", text);
    CHECK_THROWS_WITH(data::read_class_names(f.at("names.txt")),
                      Contains(f.at("names.txt") + line));
  }
}

TEST_CASE("one name twice in a label map is told with the map's lines") {
  const LabelFolder f;
  const data::Dataset set = data::open(f.voc(2));
  const string prefix = f.at("r");
  data::write_tfrecords(set, prefix, 1);
  const data::Source source{.tfrecords = {prefix + ".record*"}};
  const string map = prefix + ".label_map.pbtxt";
  const string items =
      "item { id: 1 name: 'bolt' display_name: 'part' }\n\n"
      "item {\n id: 2 name: 'nut' display_name: 'part' }\n";
  f.text("r.label_map.pbtxt", items);
  check_told(data::open(source),
             map + ": the classes of line 1 and line 3 are both named \"part\"");
}

TEST_CASE("categories of one name without places are told by their ids") {
  data::Dataset set;
  set.source = "a.json";
  set.categories = {{3, "nut"}, {7, "bolt"}, {9, "nut"}};
  CHECK_THAT(data::same_name_in_words(set),
             Contains("a.json: the categories with ids 3 and 9 are both named \"nut\""));
  set.categories.pop_back();
  CHECK(data::same_name_in_words(set).empty());
}
