// YOLO labels as Label Studio exports them: images/, labels/, classes.txt and notes.json.
#include "data/formats/yolo_source.h"
#include "tests/support/catch.h"
#include "tests/support/label_folder.h"

using Catch::Contains;
using data::Dataset;

namespace {

void put_labels(const tests::LabelFolder& f) {
  f.text("set/classes.txt", "bolt\nnut\n");
  f.text("set/notes.json", "{\"categories\": []}");
  f.text("set/labels/1a-x.txt", "1 .5 .5 .2 .2\n");
  f.text("set/labels/2b-y.txt", "0 .5 .5 .2 .2\n0 .2 .2 .1 .1\n");
}

}  // namespace

TEST_CASE("a folder with images/, labels/ and classes.txt is read") {
  const tests::LabelFolder f;
  put_labels(f);
  f.image("set/images/1a-x.jpg");
  f.image("set/images/2b-y.png");
  const Dataset set = data::open({.yolo = f.at("set")});
  REQUIRE(set.images.size() == 2);
  CHECK(set.objects.size() == 3);
  CHECK(set.categories.at(1).name == "nut");
  CHECK(set.objects_of(set.images[0])[0].category == 1);
  CHECK_THAT(set.notes.at(0), Contains("2 images, 2 with a label file") &&
                                  Contains("0 label files without an image"));
}

TEST_CASE("an export without pictures takes those of another folder") {
  const tests::LabelFolder f;
  put_labels(f);
  CHECK_THROWS_WITH(data::open({.yolo = f.at("set")}),
                    Contains("set: it has labels/, but no .jpg, .jpeg, or .png file; give the "
                             "folder of the images with --images"));
  f.image("photos/1a-x.jpg");
  f.image("photos/2b-y.jpg");
  CHECK(data::open({.yolo = f.at("set"), .images = f.at("photos")}).objects.size() == 3);
}

TEST_CASE("a folder of labels keeps its meaning where its images have a folder called labels") {
  const tests::LabelFolder f;
  put_labels(f);
  f.image("photos/labels/1a-x.jpg");
  f.image("photos/labels/2b-y.jpg");
  CHECK(data::open({.yolo = f.at("set"), .images = f.at("photos")}).objects.size() == 3);
}
