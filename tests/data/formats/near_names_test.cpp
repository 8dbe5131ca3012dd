// Names in data that are nearly those of files: the file that is there is told, in every format.
#include <filesystem>

#include "data/check/image_lookup.h"
#include "data/formats/coco.h"
#include "data/formats/source.h"
#include "data/image_folder.h"
#include "data/similar_file.h"
#include "tests/support/catch.h"
#include "tests/support/deep_folder.h"
#include "tests/support/failure.h"
#include "tests/support/label_folder.h"

using Catch::Contains;
using tests::failure, tests::LabelFolder, tests::voc_file;
namespace fs = std::filesystem;

namespace {

const std::string kComposed = "Zelle_\u00e9.jpg", kDecomposed = "Zelle_e\u0301.jpg";

std::string coco_with(const std::string& file_name) {
  return R"({"images": [{"id": 1, "width": 40, "height": 20, "file_name": ")" + file_name +
         R"("}], "categories": [{"id": 1, "name": "bolt"}], "annotations": [{"id": 1, "image_id": 1,
         "category_id": 1, "bbox": [1, 1, 5, 5]}]})";
}

// What the look at the image files says of a COCO set whose image has this name.
std::string lookup(const LabelFolder& f, const std::string& file_name) {
  f.text("a.json", coco_with(file_name));
  data::Dataset set = data::load_coco(f.at("a.json"), f.at("images"));
  return data::look_up_images(set, 1).first_problem();
}

}  // namespace

TEST_CASE("near names: case, Unicode's forms, blanks and what exporters add") {
  const LabelFolder f;
  for (const char* name :
       {"Cell_01.jpg", "my photo.jpg", "x.png", "sub/Deep.JPG", "b.jpg", "c_jpg.rf.0123abcd.jpg"})
    f.image(std::string("images/") + name);
  f.image("images/" + kDecomposed);
  for (const auto& [name, there] :
       {std::pair<std::string, std::string>("CELL_01.JPG", "Cell_01.jpg"),
        {"cell_01.jpeg", "Cell_01.jpg"},
        {"my+photo.jpg", "my photo.jpg"},
        {"my%20photo.jpg", "my photo.jpg"},
        {"my_photo.jpg", "my photo.jpg"},
        {"X", "x.png"},
        {"sub/deep.jpg", "sub/Deep.JPG"},
        {"other/B.jpg", "b.jpg"},
        {"b_jpg.rf.0123abcd.jpg", "b.jpg"},
        {"c.jpg", "c_jpg.rf.0123abcd.jpg"},
        {"C.png", "c_jpg.rf.0123abcd.jpg"}}) {
    INFO(name);
    CHECK_THAT(lookup(f, name),
               Contains("not found in " + f.at("images") + ", which has " + there));
  }
  CHECK_THAT(lookup(f, kComposed), Contains(", which has " + kDecomposed +
                                            " (in other Unicode characters, although they look "
                                            "equal)"));
  for (const char* name : {"gone.jpg", "Cell01.jpg", "Cell-01.jpg", "", ".."})
    CHECK(data::SimilarFiles().find(f.at("images"), name).empty());
}

TEST_CASE("near names: one that leads out of the folder has no other faults, and a cure") {
  const LabelFolder f;
  f.image("images/a.jpg");
  for (const char* name : {R"(C:\\Users\\me\\img\\a.jpg)", "/home/me/A.JPG", "../img/a.jpg"}) {
    INFO(name);
    f.text("a.json", coco_with(name));
    const std::string cure =
        "file names are relative to that folder; " + f.at("images") + " has a.jpg: write that name";
    CHECK_THAT(failure([&] { data::load_coco(f.at("a.json"), f.at("images")); }), Contains(cure));
    data::Problems problems;
    data::load_coco(f.at("a.json"), f.at("images"), {.problems = &problems});
    REQUIRE(problems.kept().size() == 1);
    CHECK(problems.kept()[0].kind == data::ProblemKind::unsafe_file_name);
    CHECK_THAT(problems.kept()[0].text, Contains(cure));
  }
  f.text("a.json", coco_with("/home/me/gone.jpg"));
  CHECK_THAT(failure([&] { data::load_coco(f.at("a.json"), f.at("images")); }),
             Contains("relative to that folder; `ssddata check`"));
}

TEST_CASE("near names: YOLO's lists, places and label files") {
  const LabelFolder f;
  f.image("set/images/val/A.JPG");
  f.text("set/labels/val/A.txt", "0 .5 .5 .2 .2\n");
  f.text("set/data.yaml", "names: [bolt]\ntrain: list.txt\nval: images/Val\n");
  const auto open = [&](const std::string& split) {
    return failure([&] { data::open({.yolo = f.at("set"), .split = split}); });
  };
  f.text("set/list.txt", "images/val/a.jpg\n");
  CHECK_THAT(open("train"),
             Contains("list.txt:1: ") &&
                 Contains("images/val/a.jpg does not exist; lines are relative to " + f.at("set/") +
                          ", which has images/val/A.JPG: write that"));
  f.text("set/list.txt", "A.JPG\n");
  CHECK_THAT(open("train"), Contains("which has images/val/A.JPG: write that path"));
  f.image("set/images/val/B.jpg");
  f.text("set/list.txt", "gone.jpg\nB.jpg\n");
  data::Problems problems;
  data::open({.yolo = f.at("set"), .split = "train"}, "--", &problems);
  REQUIRE(problems.kept().size() == 2);
  CHECK_THAT(problems.kept()[0].text, Contains("remove the line, or add the image"));
  CHECK_THAT(problems.kept()[1].text, Contains("which has images/val/B.jpg: write that path"));
  f.text("set/list.txt", "gone.jpg\n");
  CHECK_THAT(open("train"), Contains("remove the line, or add the image"));
  CHECK_THAT(open("val"), Contains("there is " + f.at("set/images/val") + ";"));
  f.text("labels/b.txt", "0 .5 .5 .2 .2\n");
  f.text("labels/c.txt", "0 .5 .5 .2 .2\n");
  f.image("images/B.jpg");
  f.image("images/c.jpg");
  CHECK_THAT(f.read_yolo().notes.at(0),
             Contains("b.txt, although there is " + f.at("images/B.jpg") + ": give both one name"));
}

TEST_CASE("near names: label files of YOLO in another folder are told") {
  const LabelFolder f;
  f.image("set/images/train/0.jpg");
  f.text("set/data.yaml", "names: [bolt]\ntrain: images/train\n");
  const auto told = [&](const std::string& folder) {
    f.text("set/" + folder + "/0.txt", "0 .5 .5 .2 .2\n");
    const std::string words = failure([&] { data::open({.yolo = f.at("set"), .split = "train"}); });
    fs::remove_all(f.at("set/" + folder));
    return words;
  };
  for (const char* folder : {"Labels/train", "annotations", "images/train/labels"})
    CHECK_THAT(told(folder), Contains("no label files were found, but 1 .txt file in " +
                                      f.at("set/") + folder + ": rename or move that folder"));
}

TEST_CASE("near names: VOC's lists and folders of images") {
  const LabelFolder f;
  f.voc(1);
  fs::rename(f.at("voc/Annotations/0.xml"), f.at("voc/Annotations/Img.xml"));
  f.text("voc/ImageSets/Main/val.txt", "img\n");
  CHECK_THAT(failure([&] { data::open({.voc = f.at("voc"), .split = "val"}); }),
             Contains("val.txt:1: there is no ") && Contains("img.xml for this name; there is ") &&
                 Contains("Annotations/Img.xml; remove the line"));
  CHECK_THAT(failure([&] { data::open({.voc = f.at("voc"), .images = f.at("voc/jpegimages")}); }),
             Contains("there is no such folder, expected that of the images; there is " +
                      f.at("voc/JPEGImages")));
}

TEST_CASE("near names: of very many missing images, the first are told what is there") {
  const LabelFolder f;
  f.image("images/A.jpg");
  f.text("a.json", coco_with("a.jpg"));
  data::Dataset set = data::load_coco(f.at("a.json"), f.at("images"));
  set.images.resize(data::kSuggestions + 1, set.images[0]);
  const data::ImageFiles files = data::look_at_files(set, 2);
  CHECK_THAT(files.problems[data::kSuggestions - 1].at(0).text, Contains(", which has A.jpg"));
  CHECK(files.problems[data::kSuggestions].at(0).text == "not found in " + f.at("images"));
}

TEST_CASE("near names: a search through all folders ends after so many entries") {
  const LabelFolder f;
  for (const char* name : {"a.jpg", "sub/b.jpg", "sub/c.jpg"}) f.image(name);
  CHECK(data::FilesBelow(f.at("")).find("c.jpg") == "sub/c.jpg");
  CHECK(data::FilesBelow(f.at(""), 4).find("b.jpg") == "sub/b.jpg");
  const auto found = [&](size_t most) {
    int count = 0;
    for (const char* name : {"a.jpg", "b.jpg", "c.jpg"})
      count += !data::FilesBelow(f.at(""), most).find(name).empty();
    return count;
  };
  CHECK(found(4) == 3);
  CHECK(found(3) == 2);
  CHECK(found(0) == 0);
}

TEST_CASE("hidden files and folders are no part of a data set") {
  const LabelFolder f;
  f.image("images/a.jpg");
  f.text("images/._a.jpg", "what macOS writes beside a.jpg");
  f.image("images/.thumbnails/a.jpg");
  f.text("labels/a.txt", "0 .5 .5 .2 .2\n");
  f.text("labels/._a.txt", "no label");
  f.text("xml/a.xml", voc_file({.filename = "a.jpg"}));
  f.text("xml/._a.xml", "no XML");
  for (const bool recursive : {false, true}) {
    const data::ImageFolder found = data::list_images(f.at("images"), recursive);
    CHECK(found.images == std::vector<fs::path>{"a.jpg"});
    CHECK(found.hidden == 1);
    CHECK(found.below == 0);
  }
  f.text("xml/.ipynb_checkpoints/b.xml", voc_file({.filename = "a.jpg"}));
  const std::string left_out = "; 1 hidden image (of a name that begins with a dot) left out";
  const data::Dataset voc = f.read_voc();
  CHECK(voc.images.size() == 1);
  CHECK_THAT(voc.notes.at(0), Contains(left_out));
  const data::Dataset yolo = f.read_yolo();
  CHECK(yolo.images.size() == 1);
  CHECK_THAT(yolo.notes.at(0), Contains("; 0 label files without an image") && Contains(left_out));
}

TEST_CASE("hidden folders do not tell the format of a set, nor where its labels and images lie") {
  const LabelFolder f;
  f.image("set/images/a.jpg");
  f.image("set/images/.old/b.jpg");
  f.text("set/images/.venv/notes/b.txt", "no labels");
  f.text("set/.idea/misc.xml", "<project/>");
  f.text("set/classes.txt", "bolt\n");
  std::string doubt;
  const auto recognised = [&](const char* format) {
    for (const data::Format& known : data::formats())
      if (known.name == format) return known.recognises(f.at("set"), doubt);
    return false;
  };
  CHECK_FALSE(recognised("VOC"));
  CHECK(doubt.empty());
  fs::create_directory(f.at("set/deep"));
  tests::make_too_deep(f.at("set/deep"));
  CHECK_FALSE(recognised("VOC"));
  CHECK_THAT(doubt, Contains(f.at("set") + ": 1 folder could not be looked at") &&
                        Contains("so XML files there would not be found"));
  fs::remove_all(f.at("set/deep"));
  CHECK(recognised("YOLO"));
  f.text("set/data.yaml", "names: [bolt]\ntrain: train.txt\n");
  f.text("set/train.txt", "images/b.jpg\n");
  const data::Source source{.yolo = f.at("set"), .split = "train"};
  CHECK_THAT(failure([&] { data::open(source); }), Contains("remove the line, or add the image"));
  f.text("set/data.yaml", "names: [bolt]\ntrain: images\n");
  CHECK_THAT(failure([&] { data::open(source); }),
             Contains("no label files were found") && !Contains(".txt file in"));
  fs::rename(f.at("set/images/a.jpg"), f.at("set/images/.a.jpg"));
  CHECK_THAT(failure([&] { data::open(source); }),
             Contains("no .jpg, .jpeg, or .png files, but 1 hidden image"));
}
