// Folders of YOLO and VOC labels as people have them: well formed, but not quite what was meant.
#include <fmt/format.h>

#include <filesystem>

#include "data/check/box_units.h"
#include "data/check/label_remarks.h"
#include "data/formats/class_names.h"
#include "data/formats/label_map.h"
#include "data/formats/source.h"
#include "data/formats/voc.h"
#include "data/formats/yolo.h"
#include "data/metrics/detections.h"
#include "tests/support/catch.h"
#include "tests/support/failure.h"
#include "tests/support/label_folder.h"

using Catch::Contains;
using data::Dataset;
using tests::failure, tests::LabelFolder, tests::voc_file;
namespace fs = std::filesystem;

namespace {

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("class names: marks, line ends and blanks of other systems") {
  const LabelFolder f;
  const auto names = [&](const std::string& content, const std::string& name = "names.txt") {
    f.text(name, content);
    return data::read_class_names(f.at(name));
  };
  CHECK(names("\xef\xbb\xbf"
              "bolt\r\nnut \r\n\r\n") == Names{"bolt", "nut"});
  CHECK(names("traffic light\n\tболт\n") == Names{"traffic light", "болт"});
  CHECK(names("names: [bolt, nut]\ntrain: a\n", "set.yaml") == Names{"bolt", "nut"});
  CHECK(names("train: a\nnames:\n  1: nut\n  0: bolt\n", "data.txt") == Names{"bolt", "nut"});
}

TEST_CASE("class names: files that are something else are named for what they are") {
  const LabelFolder f;
  const auto refused = [&](const std::string& content) {
    f.text("names.txt", content);
    return failure([&] { data::read_class_names(f.at("names.txt")); });
  };
  CHECK_THAT(refused(std::string("\xff\xfe"
                                 "b\0o\0",
                                 6)),
             Contains("UTF-16"));
  CHECK_THAT(refused(R"({"0": "bolt"})"), Contains("JSON"));
  CHECK_THAT(refused("item {\n id: 1\n name: 'bolt'\n}\n"), Contains("label map"));
  CHECK_THAT(refused("classes = 2\nnames = obj.names\n"), Contains("obj.data"));
  CHECK_THAT(refused("bolt\n\nnut\n"), Contains("names.txt:2") && Contains("empty line"));
  CHECK_THAT(refused("bolt\nnut\nbolt\n"), Contains("names.txt:3") && Contains("line 1"));
}

TEST_CASE("class names may begin with marks of other formats") {
  const LabelFolder f;
  for (const Names& names :
       {Names{"<background>", "bolt"}, Names{"[MASK]", "bolt"}, Names{"{other}", "bolt"},
        Names{"<unk>", "</s>", "<pad>"}, Names{"{", "}"}, Names{"[0-9]", "<b>"}}) {
    std::string text;
    for (const std::string& name : names) text += name + "\n";
    INFO(text);
    f.text("names.txt", text);
    if (names[0] == "{")  // could be the first line of anything in JSON
      CHECK_THAT(failure([&] { data::read_class_names(f.at("names.txt")); }), Contains("JSON"));
    else
      CHECK(data::read_class_names(f.at("names.txt")) == names);
  }
  for (const char* json : {"{\"a\": 1}", "[1, 2]", "[\n \"a\"\n]", "{\"a\": [", "[{\"id\": 1}"}) {
    f.text("names.txt", json);
    CHECK_THAT(failure([&] { data::read_class_names(f.at("names.txt")); }), Contains("JSON"));
  }
  for (const char* xml : {"<?xml version='1.0'?>\n<a", "<!DOCTYPE html>\n", "<a><b/></a>\n"}) {
    f.text("names.txt", xml);
    CHECK_THAT(failure([&] { data::read_class_names(f.at("names.txt")); }), Contains("XML"));
  }
}

TEST_CASE("files of zero bytes are named for what they are, in every text format") {
  const LabelFolder f;
  const std::string zeros(5000, '\0');
  f.image("images/a.jpg");
  f.text("labels/a.txt", zeros);
  const auto told = Contains("the file holds only zero bytes (5000 of them)");
  CHECK_THAT(failure([&] { f.read_yolo(); }), Contains("labels/a.txt: ") && told);
  f.text("x", zeros);
  f.text("x.yaml", zeros);
  f.text("voc/x.xml", zeros);
  f.text("list/data.yaml", "names: [bolt]\ntrain: train.txt\n");
  f.text("list/train.txt", zeros);
  f.text("sets/Annotations/a.xml", "<annotation/>");
  f.text("sets/ImageSets/Main/train.txt", zeros);
  for (const data::Source& source : {data::Source{.annotations = f.at("x")},
                                     {.yolo = f.at("x.yaml")},
                                     {.voc = f.at("voc")},
                                     {.yolo = f.at("list")},
                                     {.voc = f.at("sets")},
                                     {.yolo = f.at("images"), .names = f.at("x")}})
    CHECK_THAT(failure([&] { data::open(source); }), told);
  CHECK_THAT(failure([&] { data::load_label_map(f.at("x")); }), told);
  CHECK_THAT(failure([&] { data::load_detections(f.at("x"), {}); }), told);
}

TEST_CASE("YOLO: what is no number is named with its file and line") {
  const LabelFolder f;
  f.image("images/a.jpg");
  for (const char* word : {"nan", "inf", "-inf", "0,5", "half", "0.5.5", "1e999", "\"0.5\""}) {
    f.text("labels/a.txt", fmt::format("0 .5 .5 .1 .1\n\n1 .5 {} .1 .1\n", word));
    CHECK_THAT(failure([&] { f.read_yolo(); }),
               Contains(fmt::format("labels/a.txt:3: \"{}\" is no number; a line is \"class "
                                    "x_center",
                                    word)));
  }
}

TEST_CASE("YOLO: a picture that cannot be read is no image without labels") {
  const LabelFolder f;
  f.image("images/a.jpg");
  f.image("images/b.jpg");
  f.text("images/c.jpg", "no picture");
  f.text("labels/a.txt", "0 .5 .5 .1 .1\n");
  f.text("labels/c.txt", "0 .5 .5 .1 .1\n");
  data::Problems problems;
  const Dataset set = data::load_yolo(f.at("labels"), f.at("images"), {"bolt"},
                                      data::ExifPolicy::upright, &problems);
  CHECK(problems.count(data::ProblemKind::unreadable_image) == 1);
  CHECK_THAT(set.notes.at(0),
             Contains("3 images, 1 with a label file (0 of them empty), 1 without, 1 unreadable;"));
}

TEST_CASE("YOLO: images and labels that have no partner are counted") {
  const LabelFolder f;
  for (const char* name : {"a.jpg", "b.JPG", "sub/c.jpg"}) f.image(std::string("images/") + name);
  f.text("images/d.webp", "x");
  f.text("labels/a.txt",
         "\xef\xbb\xbf"
         "0 0.5 0.5 0.5 0.5\r\n1 .1 .1 .2 .1 .2 .3\r\n");
  f.text("labels/b.txt", "");
  f.text("labels/d.txt", "0 0.5 0.5 0.5 0.5\n");
  const Dataset set = f.read_yolo();
  CHECK(set.objects.size() == 2);
  REQUIRE(set.notes.size() == 2);
  CHECK_THAT(set.notes[1], Contains("images: 1 label is a polygon; its bounding box is taken"));
  CHECK_THAT(set.notes[0], Contains("3 images, 2 with a label file (1 of them empty), 1 without"));
  CHECK_THAT(set.notes[0], Contains("1 label file without an image") && Contains("d.webp"));
  CHECK_THAT(set.notes[0], Contains(".webp 1"));
}

TEST_CASE("YOLO: a folder of other labels, no image, and numbers in pixels are refused") {
  const LabelFolder f;
  f.image("images/a.jpg");
  f.text("labels/other.txt", "0 0.5 0.5 0.5 0.5\n");
  CHECK_THAT(failure([&] { f.read_yolo(); }), Contains("not one of 1 image has a label file") &&
                                                  Contains("1 label file has no image"));
  for (const char* line : {"0 20 10 8 6", "0 0.5 0.5 1.5 0.5", "0 1 2 30 4 30 18", "0 .5 .5 -.1 .2",
                           "0 0.5 0.5 0.1 0.1 0.93"}) {
    INFO(line);
    f.text("labels/a.txt", std::string("0 0.5 0.5 0.5 0.5\n") + line + "\n");
    CHECK_THAT(failure([&] { f.read_yolo(); }), Contains("a.txt:2: "));
  }
  fs::remove_all(f.at("images"));
  f.text("images/a.bmp", "x");
  CHECK_THAT(failure([&] { f.read_yolo(); }), Contains("1 picture of formats that are not read"));
}

TEST_CASE("YOLO: a link to a label file that is gone is no lack of labels") {
  const LabelFolder f;
  f.image("images/a.jpg");
  f.image("images/day/b.jpg");
  f.text("labels/a.txt", "0 0.5 0.5 0.5 0.5\n");
  CHECK(f.read_yolo().images.size() == 2);
  fs::create_symlink("../gone", f.at("labels/day"));
  CHECK_THAT(
      failure([&] { f.read_yolo(); }),
      Contains("labels/day/b.txt: ") && Contains("labels/day is a symbolic link to ../gone,"));
  fs::create_directory(f.at("gone"));
  CHECK(f.read_yolo().images.size() == 2);
  fs::create_symlink("../none.txt", f.at("gone/b.txt"));
  CHECK_THAT(failure([&] { f.read_yolo(); }),
             Contains("labels/day/b.txt: a symbolic link to ../none.txt, which leads to no file"));
  f.text("none.txt", "1 0.5 0.5 0.5 0.5\n");
  CHECK(f.read_yolo().objects.size() == 2);
  fs::remove(f.at("none.txt"));
  fs::create_directory(f.at("none.txt"));
  CHECK_THAT(failure([&] { f.read_yolo(); }), Contains("not a regular file but a folder"));
}

TEST_CASE("YOLO: a data.yaml says which folder is taken if its path does not exist") {
  const LabelFolder f;
  f.image("set/images/a.jpg");
  f.text("set/labels/a.txt", "0 0.5 0.5 0.5 0.5\n");
  const auto notes_with = [&](const std::string& path) {
    f.text("set/data.yaml", path + "\ntrain: images\nnames: [bolt]\n");
    return data::open({.yolo = f.at("set/data.yaml")}).notes;
  };
  for (const std::string& good :
       {std::string(), std::string("path: ../set"), "path: " + f.at("set")})
    CHECK(notes_with(good).size() == 1);
  const Names gone = notes_with("path: ../gone");
  REQUIRE(gone.size() == 2);
  CHECK_THAT(gone[0], Contains("set/data.yaml: path: ../gone does not exist; ") &&
                          Contains("from the folder of the file, " + f.at("set")));
  CHECK_THAT(notes_with("path: data.yaml").at(0), Contains("path: data.yaml is no folder"));
}

TEST_CASE("YOLO: corners in place of centre and size are told") {
  const LabelFolder f;
  f.image("images/a.jpg");
  const auto notes_for = [&](const std::string& lines) {
    f.text("labels/a.txt", lines);
    return f.read_yolo().notes;
  };
  const Names corners = notes_for("0 .1 .1 .9 .9\n0 .2 .3 .8 .9\n0 .05 .05 .3 .5\n1 .5 .5 .9 .9\n");
  REQUIRE(corners.size() == 2);
  CHECK(data::note_line(corners[1]).starts_with("warning: " + f.at("images") + ": the boxes look"));
  CHECK_THAT(corners[1], Contains("3 of 4 reach past the border, and 4 fit as x1 y1 x2 y2; write "
                                  "each line as `class x_center y_center width height`"));
  data::Problems problems;  // of a check
  const Dataset set = data::load_yolo(f.at("labels"), f.at("images"), {"bolt", "nut"},
                                      data::ExifPolicy::upright, &problems);
  CHECK(problems.count(data::ProblemKind::look_like_corners) == 1);
  CHECK(set.notes.size() == 1);
  CHECK(data::count_box_units(set).in_words().empty());
  // Large objects, a tenth of which reach past the border.
  std::string large;
  for (int i = 0; i < 20; ++i) large += i < 2 ? "0 .53 .5 1 .9\n" : "0 .5 .49 .94 .9\n";
  CHECK(notes_for(large).size() == 1);
  // A small box in the middle, too few boxes, and large objects, which stay inside.
  CHECK(notes_for("0 .1 .1 .9 .9\n0 .2 .3 .8 .9\n0 .5 .5 .1 .1\n").size() == 1);
  CHECK(notes_for("0 .1 .1 .9 .9\n0 .2 .3 .8 .9\n").size() == 1);
  CHECK(notes_for("0 .5 .5 1 1\n0 .5 .5 .9 .8\n0 .4 .4 .8 .8\n").size() == 1);
}

TEST_CASE("VOC: renamed and missing pictures") {
  const LabelFolder f;
  f.image("images/a.jpg");
  f.image("images/b.jpg");
  f.image("images/left.jpg");
  f.text("xml/a.xml",
         voc_file({.filename = "IMG_0001.jpg"}));    // the picture was renamed with its file
  f.text("xml/b.xml", voc_file({.filename = "b"}));  // without its ending
  f.text("xml/gone.xml", voc_file({.filename = "gone.jpg"}));
  const Dataset set = f.read_voc();
  REQUIRE(set.images.size() == 3);
  CHECK(set.images[0].file_name == "a.jpg");
  CHECK(set.images[1].file_name == "b.jpg");
  CHECK(set.images[2].file_name == "gone.jpg");
  REQUIRE(set.notes.size() == 1);
  CHECK_THAT(set.notes[0], Contains("3 XML files, 2 with a picture") && Contains("1 without"));
  CHECK_THAT(set.notes[0], Contains("gone.jpg") && Contains("IMG_0001.jpg"));
  CHECK_THAT(set.notes[0], Contains("1 picture without an XML file"));
}

TEST_CASE("VOC: a path on another machine names the picture of that name, if there is one") {
  const LabelFolder f;
  f.image("images/a.jpg");
  f.image("images/day/b.jpg");
  f.text("xml/1.xml", voc_file({.filename = "C:\\photos\\a.jpg"}));
  CHECK(f.read_voc().images.at(0).file_name == "a.jpg");
  f.text("xml/1.xml", voc_file({.filename = "/home/me/a.jpg"}));
  CHECK(f.read_voc().images.at(0).file_name == "a.jpg");
  f.text("xml/1.xml", voc_file({.filename = "day/b.jpg"}));
  CHECK(f.read_voc().images.at(0).file_name == "day/b.jpg");
  f.text("xml/1.xml", voc_file({.filename = "/home/me/other.jpg"}));
  CHECK_THAT(
      failure([&] { f.read_voc(); }),
      Contains("filename \"/home/me/other.jpg\" does not stay below the image folder; write "));
}

TEST_CASE("VOC: a folder of pictures that holds none of them is refused") {
  const LabelFolder f;
  f.text("xml/a.xml", voc_file({.filename = "a.jpg"}));
  f.text("xml/b.xml", voc_file({.filename = "b.jpg"}));
  f.image("images/other.jpg");
  CHECK_THAT(failure([&] { f.read_voc(); }), Contains("2 XML files, and none has its picture in") &&
                                                 Contains("the first is a.jpg of a.xml") &&
                                                 Contains("--images"));
  f.image("images/b.jpg");
  CHECK(f.read_voc().images.size() == 2);
  // A folder of XML files alone can be counted and converted.
  CHECK(data::load_voc(f.at("xml"), f.at("xml"), {}).images.size() == 2);
}

TEST_CASE("VOC: encodings are read as they are declared, or refused") {
  const LabelFolder f;
  f.image("images/a.jpg");
  f.text("xml/a.xml", "<?xml version='1.0' encoding='ISO-8859-1'?>" + voc_file({.filename = "a.jpg",
                                                                                .name = "\xe9"
                                                                                        "crou"}));
  CHECK(f.read_voc().categories.at(0).name == "écrou");
  f.text("xml/a.xml", voc_file({.filename = "a.jpg",
                                .name = "\xe9"
                                        "crou"}));
  CHECK_THAT(failure([&] { f.read_voc(); }), Contains("a.xml") && Contains("not UTF-8"));
  std::string wide = "\xff\xfe";
  for (char c : voc_file({.filename = "a.jpg"})) wide += {c, '\0'};
  f.text("xml/a.xml", wide);
  CHECK(f.read_voc().categories.at(0).name == "bolt");
}
