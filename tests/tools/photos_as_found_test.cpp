// Photos as people have them, at the programs: turned by EXIF, or links to files elsewhere.
#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "data/encoded_image.h"
#include "data/formats/coco.h"
#include "data/image/exif.h"
#include "data/image/image_file.h"
#include "engine/base/file.h"
#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/odd_png.h"
#include "tests/support/oriented.h"
#include "tests/support/picture.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;
using Catch::Contains;
using tests::Outcome;

namespace {

// One photo of 64 x 48 stored pixels that is to be turned by 90 degrees, and labels of it.
class TurnedPhoto {
 public:
  TurnedPhoto() {
    fs::create_directories(at("images"));
    fs::create_directories(at("labels"));
    base::write_file(at("images/a.jpg"),
                     tests::jpeg_with_orientation(tests::make_jpeg(tests::picture(64, 48), {}), 6));
    base::write_file(at("names.txt"), std::string("cat\n"));
    // 24 x 16 pixels of the upright picture, which is 48 x 64, around its middle.
    base::write_file(at("labels/a.txt"), std::string("0 0.5 0.5 0.5 0.25\n"));
  }
  std::string at(const std::string& name) const { return (folder_.path() / name).string(); }
  Outcome ssddata(const std::string& arguments) const {
    return tests::run(fmt::format("cd {} && {} {}", folder_.path().string(),
                                  tests::program("ssddata").string(), arguments));
  }
  data::Dataset converted(const std::string& arguments) const {
    const Outcome done = ssddata("convert " + arguments + " --to-coco c.json --overwrite");
    INFO(done.err);
    CHECK(done.exit_code == 0);
    CHECK_THAT(done.err, Contains("EXIF: 1 of 1 image "));
    return data::load_coco(at("c.json"), at("images"));
  }
  // The same photo, labelled in COCO's form by a program that knows nothing of EXIF.
  void label_stored() const {
    data::Dataset set;
    set.categories = {{1, "cat"}};
    set.images = {{.id = 1, .width = 64, .height = 48, .file_name = "a.jpg", .object_count = 1}};
    set.objects = {{.id = 1, .x = 24, .y = 12, .width = 16, .height = 24, .area = 384}};
    data::write_coco(at("stored.json"), set);
  }

 private:
  tests::TemporaryFolder folder_;
};

constexpr const char* kYolo = "--yolo labels --images images --names names.txt";

void check_box(const data::Dataset& set, std::array<int, 2> size, std::array<double, 4> box) {
  REQUIRE(set.images.size() == 1);
  REQUIRE(set.objects.size() == 1);
  CHECK(set.images[0].width == size[0]);
  CHECK(set.images[0].height == size[1]);
  const data::Object& o = set.objects[0];
  CHECK(o.x == Approx(box[0]));
  CHECK(o.y == Approx(box[1]));
  CHECK(o.width == Approx(box[2]));
  CHECK(o.height == Approx(box[3]));
}

}  // namespace

TEST_CASE("EXIF: YOLO labels are of the upright picture, unless it is read as stored") {
  const TurnedPhoto photo;
  check_box(photo.converted(kYolo), {48, 64}, {12, 24, 24, 16});
  check_box(photo.converted(std::string(kYolo) + " --exif stored"), {64, 48}, {16, 18, 32, 12});
}

TEST_CASE("EXIF: labels of the upright picture are not written as those of stored pixels") {
  const TurnedPhoto photo;
  REQUIRE(photo.ssddata(std::string("convert ") + kYolo + " --to-coco upright.json").exit_code ==
          0);
  const std::string input = " --annotations upright.json --images images --exif stored ";
  for (const char* rest : {"convert --to-coco c.json", "convert --to-yolo y", "show -o pictures"}) {
    const Outcome refused = photo.ssddata(rest + input);
    INFO(refused.err);
    CHECK(refused.exit_code == 3);
    CHECK_THAT(refused.err, Contains("--exif stored does not fit a.jpg: the picture is 64 x 48, "
                                     "the annotations say 48 x 64, as it is when turned"));
  }
  for (const char* output : {"c.json", "y", "pictures"}) CHECK_FALSE(fs::exists(photo.at(output)));
}

TEST_CASE("EXIF: labels of stored pixels are turned on the way to YOLO and VOC, and back") {
  const TurnedPhoto photo;
  photo.label_stored();
  for (const std::string form : {"yolo", "voc"}) {
    const Outcome done = photo.ssddata(
        fmt::format("convert --annotations stored.json --images images --to-{0} {0}", form));
    INFO(done.err);
    REQUIRE(done.exit_code == 0);
    CHECK_THAT(done.err, Contains("made for the stored pixels"));
    check_box(photo.converted(fmt::format("--{0} {0} --images images", form) +
                              (form == "yolo" ? " --names names.txt" : "")),
              {48, 64}, {12, 24, 24, 16});
  }
}

TEST_CASE("EXIF: written pictures are upright and carry no orientation") {
  const TurnedPhoto photo;
  REQUIRE(photo.ssddata(std::string("convert ") + kYolo + " --to-images out").exit_code == 0);
  const std::vector<uint8_t> bytes = base::read_file(photo.at("out/a.jpg"), 1 << 20);
  CHECK(data::exif_orientation(bytes) == 1);
  const data::ImageHeader header = data::read_image_header(bytes, "a.jpg");
  CHECK(header.width == 48);
  CHECK(header.height == 64);
  // As it is: the very bytes.
  REQUIRE(photo.ssddata(std::string("convert ") + kYolo + " --exif stored --to-images same")
              .exit_code == 0);
  CHECK(base::read_file(photo.at("same/a.jpg"), 1 << 20) ==
        base::read_file(photo.at("images/a.jpg"), 1 << 20));
}

TEST_CASE("EXIF: check says how many pictures are turned, and warns where they are not") {
  const TurnedPhoto photo;
  const Outcome upright = photo.ssddata(std::string("check ") + kYolo);
  CHECK(upright.exit_code == 0);
  CHECK_THAT(upright.out, Contains("EXIF: 1 of 1 image is turned upright"));
  const Outcome stored = photo.ssddata(std::string("check --strict --exif stored ") + kYolo);
  CHECK(stored.exit_code == 3);
  CHECK_THAT(stored.out, Contains("exif_ignored") && Contains("read as stored"));
}

TEST_CASE("EXIF: check asks for the frame where neither sizes nor an option tell") {
  const TurnedPhoto photo;
  base::write_file(photo.at("images/a.jpg"),
                   tests::jpeg_with_orientation(tests::make_jpeg(tests::picture(64, 48), {}), 3));
  photo.label_stored();
  const std::string coco = "check --annotations stored.json --images images ";
  const Outcome asked = photo.ssddata(coco);
  CHECK(asked.exit_code == 3);
  CHECK_THAT(asked.out, Contains("unclear_frame") && Contains("give --exif upright or"));
  CHECK(photo.ssddata(coco + "--exif upright").exit_code == 0);
  CHECK(photo.ssddata(coco + "--exif stored").exit_code == 0);
  // YOLO's rule leaves no doubt.
  CHECK(photo.ssddata(std::string("check ") + kYolo).exit_code == 0);
}

TEST_CASE("EXIF: training and evaluation say it, and follow data.exif") {
  const tests::TrainingPlace place;
  const fs::path images = place.at("data/images");
  for (const auto& entry : fs::directory_iterator(images)) {  // all turned by 180 degrees
    const data::Picture picture = tests::read_image(entry.path());
    base::write_file(entry.path(), tests::jpeg_with_orientation(tests::make_jpeg(picture, {}), 3));
  }
  const Outcome trained = place.train("run", "train.steps=2");
  INFO(trained.err);
  REQUIRE(trained.exit_code == 0);
  CHECK_THAT(trained.out + trained.err,
             Contains("data.train: EXIF: 24 of 24 images are turned upright") &&
                 Contains("data.val: EXIF: 8 of 8 images are turned upright"));
  const Outcome stored = place.train("stored", "train.steps=2 data.exif=stored");
  CHECK_THAT(stored.out + stored.err, Contains("are read as stored (data.exif=stored)"));
  // Without an option, as it was trained.
  const std::string evaluate = fmt::format(
      "cd {} && {} --checkpoint stored/last.safetensors "
      "--annotations data/annotations/instances_val.json --images data/images",
      place.at(""), tests::program("ssdeval").string());
  CHECK_THAT(tests::run(evaluate).err, Contains("EXIF: 8 of 8 images have an orientation"));
  CHECK_THAT(tests::run(evaluate + " --exif upright").err,
             Contains("EXIF: 8 of 8 images are turned upright"));
}

TEST_CASE("EXIF: ssddetect reads photos as the model was trained, or as --exif says") {
  tests::TrainingPlace place(4, 4);
  const std::string photo = place.at("a.jpg");
  base::write_file(photo,
                   tests::jpeg_with_orientation(tests::make_jpeg(tests::picture(64, 48), {}), 6));
  REQUIRE(place.train("stored", "train.steps=1 eval.every_steps=0 data.exif=stored").exit_code ==
          0);
  const auto detect = [&](const std::string& more) {
    return tests::run(
        fmt::format("cd {} && {} --checkpoint stored/last.safetensors a.jpg "
                    "--json-lines {}",
                    place.at(""), tests::program("ssddetect").string(), more));
  };
  const Outcome stored = detect(""), upright = detect("--exif upright");
  CHECK_THAT(stored.out, Contains("\"width\":64,\"height\":48"));
  CHECK_THAT(stored.err, Contains("is read as stored (--exif stored)"));
  CHECK(detect("--exif stored").out == stored.out);
  CHECK_THAT(upright.out, Contains("\"width\":48,\"height\":64"));
  CHECK_THAT(upright.err, Contains("is turned upright (--exif upright)"));
}

TEST_CASE("files of which less is read than they hold are told by every program") {
  const tests::TrainingPlace place(4, 4);
  int number = 0;
  for (const auto& entry : fs::directory_iterator(place.at("data/images"))) {
    const data::Picture old = tests::read_image(entry.path());
    tests::PngKind dark{PNG_COLOR_TYPE_GRAY, 16, {0x0f, 0xff}};
    dark.width = old.width, dark.height = old.height;
    base::write_file(entry.path(),
                     number++ % 2 ? tests::png_of(dark) : tests::animated(tests::png_of(dark), 3));
  }
  const Outcome trained = place.train("run", "train.steps=1 eval.every_steps=0");
  INFO(trained.err);
  REQUIRE(trained.exit_code == 0);
  const std::string data = "--annotations data/annotations/instances_val.json --images data/images";
  const auto err = [&](const std::string& program, const std::string& arguments) {
    const Outcome done = tests::run(
        fmt::format("cd {} && {} {}", place.at(""), tests::program(program).string(), arguments));
    CHECK(done.exit_code == 0);
    return done.err;
  };
  for (const std::string& told :
       {trained.out + trained.err, err("ssdeval", "--checkpoint run/last.safetensors " + data),
        err("ssddetect", "--checkpoint run/last.safetensors data/images --json found.json"),
        err("ssddetect", "--checkpoint run/last.safetensors data/images --json-lines"),
        err("ssddata", "show -o shown " + data),
        err("ssddata", "show -o augmented --augmented tiny.json"),
        err("ssddata", "convert --to-images copies " + data)}) {
    CHECK_THAT(told, Contains(" (animated PNG or MPO) hold") && Contains("up to 3 pictures") &&
                         Contains("only the first one is read"));
    CHECK_THAT(told, Contains("nearly black, such as ") && Contains("read as more than 16 of 255"));
  }
}

TEST_CASE("EXIF: a results file is compared with labels of the upright picture") {
  const TurnedPhoto photo;
  photo.label_stored();
  base::write_file(photo.at("found.json"),
                   std::string(R"([{"image_id": 1, "category_id": 1, "score": 0.9,
                                    "bbox": [12, 24, 24, 16]}])"));
  const std::string eval =
      fmt::format("cd {} && {} --annotations stored.json --detections found.json --json",
                  photo.at(""), tests::program("ssdeval").string());
  const auto map_of = [](const Outcome& done) {
    INFO(done.err);
    REQUIRE(done.exit_code == 0);
    return nlohmann::json::parse(done.out).at("DetectionBoxes_Precision/mAP").get<double>();
  };
  const Outcome seen = tests::run(eval + " --images images");
  CHECK(map_of(seen) == Approx(1));
  CHECK_THAT(seen.err, Contains("made for the stored pixels"));
  CHECK(map_of(tests::run(eval)) < 0.5);  // no image is read: the labels stay as they are
}

namespace {

// Data whose images lie elsewhere: `make` puts what leads to them into the folder "images".
struct Linked {
  TurnedPhoto photo;

  explicit Linked(const std::string& name) {
    fs::remove_all(photo.at("images"));
    fs::create_directories(photo.at("images"));
    fs::create_directories(photo.at("store"));
    data::write_image(photo.at("store/real.jpg"), tests::picture(64, 48));
    data::Dataset set;
    set.categories = {{1, "cat"}};
    set.objects = {{.id = 1, .x = 8, .y = 8, .width = 16, .height = 16, .area = 256}};
    set.images = {{.id = 1, .width = 64, .height = 48, .file_name = name, .object_count = 1}};
    data::write_coco(photo.at("set.json"), set);
  }
  Outcome check(const std::string& more = "") const {
    return photo.ssddata("check --annotations set.json --images images " + more);
  }
};

}  // namespace

TEST_CASE("links: files, folders, and links to links are read") {
  const Linked file("a.jpg"), folder("sub/real.jpg"), chain("a.jpg");
  fs::create_symlink("../store/real.jpg", file.photo.at("images/a.jpg"));
  fs::create_directory_symlink(folder.photo.at("store"), folder.photo.at("images/sub"));
  fs::create_symlink("real.jpg", chain.photo.at("store/other.jpg"));
  fs::create_symlink("../store/other.jpg", chain.photo.at("images/a.jpg"));
  for (const Linked* linked : {&file, &folder, &chain}) {
    const Outcome done = linked->check();
    INFO(done.out << done.err);
    CHECK(done.exit_code == 0);
  }
}

TEST_CASE("links: where they are not followed, the message names what the program takes") {
  const Linked linked("a.jpg");
  fs::create_symlink("../store/real.jpg", linked.photo.at("images/a.jpg"));
  const Outcome refused = linked.check("--no-follow-links");
  CHECK(refused.exit_code == 3);
  CHECK_THAT(refused.out, Contains("symbolic link") && Contains("; --follow-links reads") &&
                              !Contains("data.follow_links"));
  data::Dataset set;
  set.image_folder = linked.photo.at("images");
  set.policy.follow_links = false, set.prefix = "data.val.";
  CHECK_THROWS_WITH(data::image_path(set, {.file_name = "a.jpg"}),
                    Contains("; data.follow_links=true reads") && !Contains("--follow-links"));
}

TEST_CASE("links: one that stays in the folder needs no key") {
  const Linked linked("a.jpg");
  data::write_image(linked.photo.at("images/b.jpg"), tests::picture(64, 48));
  fs::create_symlink("b.jpg", linked.photo.at("images/a.jpg"));
  CHECK(linked.check("--no-follow-links").exit_code == 0);
}

TEST_CASE("links: names in the data never leave the folder") {
  for (const std::string name : {"../store/real.jpg", "sub/../../store/real.jpg"}) {
    const Linked linked(name);
    fs::create_directory_symlink("../store", linked.photo.at("images/sub"));
    const Outcome refused = linked.check();
    CHECK(refused.exit_code == 3);
    CHECK_THAT(refused.out, Contains("unsafe_file_name"));
  }
}

TEST_CASE("links: one to nothing and one to itself are told for what they are") {
  const Linked dangling("a.jpg"), loop("a.jpg");
  fs::create_symlink("../store/gone.jpg", dangling.photo.at("images/a.jpg"));
  fs::create_symlink("a.jpg", loop.photo.at("images/a.jpg"));
  CHECK_THAT(dangling.check().out,
             Contains("a symbolic link to ../store/gone.jpg, which leads to"));
  CHECK_THAT(loop.check().out, Contains("a symbolic link to a.jpg, which leads to no file"));
  for (const Linked* linked : {&dangling, &loop}) {
    CHECK(linked->check().exit_code == 3);
    CHECK(linked->check("--no-follow-links").exit_code == 3);
  }
}
