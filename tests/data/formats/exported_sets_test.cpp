// Habits of programs and people that export YOLO and VOC data sets: each is read as it was meant,
// or refused with the reason.
#include <filesystem>

#include "data/check/box_units.h"
#include "data/check/dataset_check.h"
#include "data/formats/class_names.h"
#include "data/formats/source.h"
#include "data/formats/voc.h"
#include "data/formats/yolo.h"
#include "tests/support/catch.h"
#include "tests/support/failure.h"
#include "tests/support/label_folder.h"

using Catch::Contains, Catch::StartsWith;
using data::Dataset;
using tests::failure, tests::LabelFolder, tests::voc_file;
namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

std::string refused(const LabelFolder& f, const data::Source& source) {
  std::string said = failure([&] { data::open(source, "--"); });
  for (size_t at; (at = said.find(f.at(""))) != said.npos;) said.erase(at, f.at("").size());
  return said;
}

}  // namespace

TEST_CASE("lines among class names that are no names are refused with their line") {
  const LabelFolder f;
  const auto told = [&](const std::string& content) {
    f.text("names.txt", content);
    return refused(f, {.yolo = f.at(""), .names = f.at("names.txt")});
  };
  const std::pair<const char*, const char*> rows[] = {
      {"# my classes\nbolt\nnut\n",
       ":1: \"# my classes\" looks like a comment, but would be the name"},
      {"bolt\n//nut\n", ":2: \"//nut\" looks like a comment, but would be the name of class 1;"},
      {"train: ../train/images\nval: ../valid/images\n",
       ":1: \"train: ../train/images\" looks like"},
      {"bolt\nnc: 2\n", ":2: \"nc: 2\" looks like a key of data.yaml"},
      {"Classes\nbolt\nnut\n", ":1: \"Classes\" looks like a heading"},
      {"id,name\n0,bolt\n1,nut\n", ":1: \"id,name\" looks like a heading"},
      {"0 bolt\n1 nut\n", ":1: \"0 bolt\" has the number of its class, as all lines have; write"},
      {"0: bolt\n1: nut\n", ":1: \"0: bolt\" has the number"},
      {"1. bolt\n2. nut\n", ":1: \"1. bolt\" has the number"},
      {"bolt,0\nnut,1\n", ":1: \"bolt,0\" has the number"},
      {"0 bolt\n", ":1: \"0 bolt\" has the number"},
      {"'bolt',\n'nut'\n", ":1: \"'bolt',\" is in quotes, as all lines; write none"},
      {"bolt,\nnut\n", ":1: \"bolt,\" ends with a comma"},
      {"- bolt\n- nut\n", ":1: \"- bolt\" begins with a mark of a list"}};
  for (const auto& [content, message] : rows) {
    INFO(content);
    CHECK_THAT(told(content), StartsWith(std::string("names.txt") + message));
  }
}

TEST_CASE("class names may have numbers and marks that distinguish them") {
  const LabelFolder f;
  for (const Names& names : {Names{"1 cent", "2 cent"}, Names{"#1", "#2"}, Names{"0", "1", "2"},
                             Names{"level 0", "level 1"}, Names{"0.5 l", "1 l"}, Names{"0.5 l"},
                             Names{"tench, Tinca", "goldfish"}, Names{"bolt", "'nut'"},
                             Names{"label"}, Names{"bolt, M3"}, Names{"2 bolt", "0 nut"},
                             Names{"value: high", "x"}, Names{"bolt #2", "nut"}}) {
    std::string text;
    for (const std::string& name : names) text += name + "\n";
    INFO(text);
    f.text("names.txt", text);
    CHECK(data::read_class_names(f.at("names.txt")) == names);
  }
}

TEST_CASE("YOLO: class names one level below the folder, and files that may hold them") {
  const LabelFolder f;
  f.image("set/images/a.jpg");
  f.text("set/labels/a.txt", "0 .5 .5 .2 .2\n");
  const data::Source source{.yolo = f.at("set")};
  CHECK_THAT(refused(f, source),
             StartsWith("set: no data.yaml, classes.txt or obj.names") && !Contains("there is"));
  f.text("my_classes.txt", "bolt\n");
  CHECK_THAT(refused(f, source), Contains("with --names; there is my_classes.txt"));
  f.text("set/labels/predefined_classes.txt", "bolt\n");
  CHECK_THAT(refused(f, source), Contains("there is set/labels/predefined_classes.txt"));
  f.text("set/labels/classes.txt", "bolt\nnut\n");
  CHECK(data::open(source).categories.at(1).name == "nut");
  f.text("set/obj.names", "bolt\nnut\n");
  CHECK(data::open(source).categories.size() == 2);
  f.text("set/obj.names", "nut\nbolt\n");
  CHECK_THAT(refused(f, source),
             Contains("set/obj.names and set/labels/classes.txt have different class names; give "
                      "the file that is right with --names"));
}

TEST_CASE("YOLO: paths of Windows in a data.yaml and in lists") {
  const LabelFolder f;
  f.image("set/train/images/a.jpg");
  f.text("set/train/labels/a.txt", "0 .5 .5 .2 .2\n");
  const auto with = [&](const std::string& path) {
    f.text("set/data.yaml", "names: [bolt]\ntrain: " + path + "\n");
    return data::Source{.yolo = f.at("set")};
  };
  for (const char* path : {"train\\images", "..\\train\\images", ".\\train\\images", "train.txt",
                           "train\\..\\train.txt"}) {
    INFO(path);
    f.text("set/train.txt", "train\\images\\a.jpg\r\n");
    CHECK(data::open(with(path)).objects.size() == 1);
  }
  CHECK_THAT(
      refused(f, with("C:\\data\\train\\images")),
      Contains("data.yaml:2: train: ") &&
          Contains("`C:\\data\\train\\images` is a path of Windows: write / in place of \\"));
  CHECK_THAT(refused(f, with("gone")), !Contains("Windows"));
  f.text("set/train.txt", "C:\\data\\a.jpg\n");
  CHECK_THAT(refused(f, with("train.txt")),
             StartsWith("set/train.txt:1: ") && Contains("`C:\\data\\a.jpg` is a path of Windows"));
  f.text("set/data.yaml", "path: train\\images\\..\nnames: [bolt]\ntrain: images\n");
  CHECK(data::open({.yolo = f.at("set")}).notes.size() == 1);
}

TEST_CASE("YOLO: polygons are counted, and boxes with key points are not taken for them") {
  const LabelFolder f;
  f.image("images/a.jpg");
  const std::string polygon = "0 .1 .1 .3 .1 .3 .3 .1 .3\n";
  f.text("labels/a.txt", polygon + polygon + polygon + "0 .5 .5 .1 .1\n");
  CHECK(f.read_yolo().notes.at(1) ==
        f.at("images") + ": 3 labels are polygons; their bounding boxes are taken");
  const std::string pose = "0 .5 .5 .2 .4 .42 .35 .58 .66\n";
  f.text("labels/a.txt", pose + pose + pose);
  CHECK_THAT(
      failure([&] { f.read_yolo(); }),
      StartsWith(f.at("images") + ": 3 lines of 9 numbers look like boxes with key points") &&
          Contains("write kpt_shape into a data.yaml"));
  data::Problems problems;
  data::load_yolo(f.at("labels"), f.at("images"), {"bolt"}, data::ExifPolicy::upright, &problems);
  CHECK(problems.count(data::ProblemKind::bad_label_file) == 1);
  f.text("data.yaml", "names: [bolt]\ntrain: images\nkpt_shape: [0, 0]\n");
  CHECK_THAT(data::open({.yolo = f.at("data.yaml"), .split = "train"}).notes.at(1),
             Contains(": 3 labels are polygons; their bounding boxes are taken"));
}

TEST_CASE("YOLO: label files in capital letters are not passed over in silence") {
  const LabelFolder f;
  f.image("images/a.jpg");
  f.image("images/b.jpg");
  f.text("labels/a.txt", "0 .5 .5 .2 .2\n");
  f.text("labels/b.TXT", "0 .5 .5 .2 .2\n");
  CHECK_THAT(f.read_yolo().notes.at(0), Contains("1 label file without an image left out"));
}

TEST_CASE("VOC: what a file says twice is refused, and so are boxes in another place") {
  const LabelFolder f;
  f.image("images/a.jpg");
  const auto told = [&](const std::string& xml) {
    f.text("xml/a.xml", xml);
    return failure([&] { f.read_voc(); });
  };
  const std::string good = voc_file({.filename = "a.jpg"});
  const auto twice = [&](const std::string& name) {
    const std::string close = "</" + name + ">";
    std::string xml = good;
    const size_t begin = xml.find("<" + name + ">"), end = xml.find(close) + close.size();
    return told(xml.insert(end, "\n" + xml.substr(begin, end - begin)));
  };
  CHECK(told(good) == "no error");
  for (const auto& [name, path] : {std::pair("bndbox", "annotation/object/bndbox"),
                                   {"name", "annotation/object/name"},
                                   {"xmin", "annotation/object/bndbox/xmin"},
                                   {"size", "annotation/size"},
                                   {"width", "annotation/size/width"},
                                   {"filename", "annotation/filename"},
                                   {"annotation", "annotation"}}) {
    INFO(name);
    CHECK_THAT(twice(name), Contains(std::string("a.xml:2: a second ") + path + ";"));
  }
  std::string wrapped = good;
  wrapped.insert(wrapped.find("<object>"), "<objects>");
  wrapped.insert(wrapped.find("</annotation>"), "</objects>");
  CHECK_THAT(told(wrapped), Contains("a.xml:1: a box in annotation/objects/object/bndbox, expected "
                                     "annotation/object/bndbox"));
}

TEST_CASE("what boxes should be is said in the terms of the files") {
  using data::BoxForm;
  const auto words = [](BoxForm form, double size) {
    Dataset set{.images = {{.id = 1, .width = 200, .height = 100, .object_count = 20}}};
    set.box_form = form;
    for (int i = 0; i < 20; ++i)
      set.objects.push_back(
          {.x = 50 * size, .y = 25 * size, .width = 160 * size, .height = 80 * size});
    return data::count_box_units(set).in_words();
  };
  for (const double size : {1., 0.005}) {
    CHECK_THAT(words(BoxForm::corner_and_size, size), Contains("[x, y, width, height]"));
    for (const BoxForm form :
         {BoxForm::centre_and_size, BoxForm::edges, BoxForm::edges_in_fractions})
      CHECK_THAT(words(form, size), !Contains("[x, y, width, height]"));
  }
  CHECK_THAT(words(BoxForm::corner_and_size, 1), Contains("subtract x1 and y1 from the last two"));
  CHECK_THAT(words(BoxForm::edges, 1), Contains("subtract xmin and ymin from xmax and ymax"));
  CHECK_THAT(words(BoxForm::centre_and_size, 0.005), Contains("class x_center y_center"));
}
