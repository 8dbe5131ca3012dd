// Every kind of problem is found where it was put, and nowhere else.
#include "data/check/dataset_check.h"
#include "tests/support/catch.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>

#include "data/formats/coco.h"
#include "data/image/exif.h"
#include "data/image/image_file.h"
#include "data/image/png.h"
#include "engine/base/write_file.h"
#include "tests/support/oriented.h"
#include "tests/support/paths.h"
#include "tests/support/picture.h"

using data::Dataset, data::ImageEntry, data::Object, data::ProblemKind, data::Problems;
namespace fs = std::filesystem;

namespace {

void add_image(Dataset& d, const std::string& name, std::vector<Object> objects, int width = 64,
               int height = 48) {
  ImageEntry image{
      .id = static_cast<int64_t>(d.images.size() + 1), .width = width, .height = height};
  image.file_name = name;
  image.first_object = static_cast<uint32_t>(d.objects.size());
  image.object_count = static_cast<uint32_t>(objects.size());
  d.objects.insert(d.objects.end(), objects.begin(), objects.end());
  d.images.push_back(image);
}

Object box(int64_t id, double x, double y, double width, double height) {
  return {.id = id, .x = x, .y = y, .width = width, .height = height, .area = width * height};
}

Dataset clean() {
  Dataset d;
  d.categories = {{1, "cat"}, {2, "dog"}};
  Object dog = box(2, 4, 4, 5, 5);
  dog.category = 1;
  add_image(d, "a.jpg", {box(1, 0, 0, 64, 48), dog});
  return d;
}

Problems label_problems(const Dataset& d) {
  Problems problems;
  data::check_labels(d, problems);
  return problems;
}

// Exactly one problem of this kind and none of another, in the given place.
void check_only(const Problems& problems, ProblemKind kind, const std::string& where) {
  for (int i = 0; i < data::kProblemKinds; ++i) {
    auto other = static_cast<ProblemKind>(i);
    INFO(data::rule_of(other).name);
    CHECK(problems.count(other) == (other == kind ? 1 : 0));
  }
  REQUIRE(problems.kept().size() == 1);
  CHECK(problems.kept()[0].where == where);
}

}  // namespace

TEST_CASE("a clean data set has no problems") {
  Problems problems = label_problems(clean());
  CHECK(problems.kept().empty());
}

TEST_CASE("what training refuses is a problem of its own") {
  Dataset d = clean();
  d.source = "a.json";
  for (Object& o : d.objects) o.width = 0;
  Problems problems = label_problems(d);
  CHECK(problems.count(ProblemKind::no_trained_box) == 1);
  CHECK_THAT(problems.kept().back().text,
             Catch::Contains("none of its 2 labels takes part in training: 2 without area"));
  d.objects.clear();
  d.images[0].object_count = 0;
  problems = label_problems(d);
  CHECK(problems.count(ProblemKind::no_box) == 1);
  CHECK(problems.count(data::Severity::error) == 0);
  CHECK(problems.kept().back().text ==
        "no boxes: nothing to train on; as validation data it gives no mAP");
  CHECK(problems.kept().back().where == "a.json");
  d.categories.clear();
  CHECK(label_problems(d).count(ProblemKind::no_category) == 1);
}

TEST_CASE("boxes that only data.overshoot keeps from training are a warning") {
  Dataset d = clean();
  for (Object& o : d.objects) o.x = 40, o.y = 3, o.width = 30;
  Problems problems = label_problems(d);
  CHECK(problems.count(data::Severity::error) == 0);
  CHECK(problems.count(ProblemKind::all_past_border) == 1);
  CHECK_THAT(problems.kept().back().text, Catch::Contains("data.overshoot=clip"));
  for (Object& o : d.objects) o.x = 70;  // outside of the image: no option helps
  problems = label_problems(d);
  CHECK(problems.count(ProblemKind::no_trained_box) == 1);
}

TEST_CASE("a weak suspicion of corners is a warning, a strong one an error") {
  for (const int past : {1, 4, 5}) {
    std::vector<Object> boxes;
    for (int i = 0; i < 10; ++i)
      boxes.push_back(i < past ? box(i + 1, 30, 5, 50, 40 + i) : box(i + 1, 5, 5, 30 + i, 20));
    Dataset d = clean();
    add_image(d, "b.jpg", boxes);
    const Problems problems = label_problems(d);
    CAPTURE(past);
    CHECK(problems.count(ProblemKind::look_like_corners) == (past >= 4));
    CHECK(problems.count(ProblemKind::may_be_corners) == 0);
    boxes.insert(boxes.end(), 10, box(20, 5, 5, 30, 20));
    Dataset more = clean();
    add_image(more, "b.jpg", boxes);
    const Problems weak = label_problems(more);
    CHECK(weak.count(ProblemKind::look_like_corners) == 0);
    CHECK(weak.count(ProblemKind::may_be_corners) == (past >= 4));
  }
}

TEST_CASE("each problem of labels is found") {
  Dataset d = clean();
  double inf = std::numeric_limits<double>::infinity();
  struct Case {
    ProblemKind kind;
    Object object;
  };
  for (const Case& c : {Case{ProblemKind::zero_box, box(3, 1, 1, 0, 5)},
                        Case{ProblemKind::zero_box, box(3, 1, 1, 5, 0)},
                        Case{ProblemKind::tiny_box, box(3, 1, 1, 0.01, 0.01)},
                        Case{ProblemKind::tiny_box, box(3, 1, 1, 0.9, 5)},
                        Case{ProblemKind::negative_box, box(3, 9, 1, -4, 5)},
                        Case{ProblemKind::non_finite_box, box(3, NAN, 1, 4, 5)},
                        Case{ProblemKind::non_finite_box, box(3, 1, 1, inf, 5)},
                        Case{ProblemKind::non_finite_box, box(3, 1, 1, -inf, 5)},
                        Case{ProblemKind::box_outside, box(3, 64, 1, 4, 5)},
                        Case{ProblemKind::box_outside, box(3, -4, 1, 4, 5)},
                        Case{ProblemKind::box_outside, box(3, 1, -5, 4, 5)},
                        Case{ProblemKind::box_outside, box(3, 1, 48, 4, 5)},
                        Case{ProblemKind::box_rounds_over, box(3, 60.001, 1, 4, 5)},
                        Case{ProblemKind::box_rounds_over, box(3, -0.5, 1, 4, 5)},
                        Case{ProblemKind::box_overshoots, box(3, 61, 1, 4, 5)},
                        Case{ProblemKind::box_overshoots, box(3, 1, 45, 4, 5)},
                        Case{ProblemKind::id_zero, box(0, 1, 1, 4, 5)},
                        Case{ProblemKind::duplicate_box, box(3, 0, 0, 64, 48)}}) {
    Dataset bad = clean();
    add_image(bad, "b.jpg", {box(9, 0, 0, 64, 48), c.object});
    Problems problems = label_problems(bad);
    INFO(data::rule_of(c.kind).name);
    check_only(problems, c.kind, "b.jpg");
    CHECK(problems.kept()[0].has_annotation);
    CHECK(problems.kept()[0].annotation_id == c.object.id);
  }
  for (double area : {-5., 1.1e10}) {
    Dataset bad = clean();
    bad.objects[1].area = area;
    check_only(label_problems(bad), ProblemKind::uncounted_area, "a.jpg");
    bad.objects[1].crowd = true;  // the metrics ignore it, whatever its area
    check_only(label_problems(bad), ProblemKind::crowd, "a.jpg");
  }
  for (double area : {0., 30., 3000.}) {  // of a box of 5 x 5
    Dataset bad = clean();
    bad.objects[1].area = area;
    if (area == 30)
      CHECK(label_problems(bad).kept().empty());  // tools may count a pixel more of each side
    else
      check_only(label_problems(bad), ProblemKind::odd_area, "a.jpg");
  }
  Dataset parts = clean();
  parts.objects[0].area = 0.15;  // of a box of 64 x 48; that of a box of 5 x 5 may be its mask's
  parts.objects[1].area = 0.15;
  check_only(label_problems(parts), ProblemKind::odd_area, "a.jpg");
  CHECK_THAT(label_problems(parts).kept().at(0).text,
             Catch::Contains("area 0.15 of box [0, 0, 64, 48] seems to be in parts of the image"));
  Object crowd = box(3, 1, 1, 4, 5);
  crowd.crowd = true;
  add_image(d, "crowd.jpg", {crowd});
  check_only(label_problems(d), ProblemKind::crowd, "crowd.jpg");
}

TEST_CASE("each problem of images and categories is found") {
  Dataset d = clean();
  add_image(d, "empty.jpg", {});
  check_only(label_problems(d), ProblemKind::image_without_boxes, "empty.jpg");
  d = clean();
  add_image(d, "a.jpg", {box(3, 1, 1, 4, 5)});
  check_only(label_problems(d), ProblemKind::duplicate_file_name, "a.jpg");
  d = clean();
  add_image(d, "./a.jpg", {box(3, 1, 1, 4, 5)});
  check_only(label_problems(d), ProblemKind::duplicate_file_name, "./a.jpg");
  d = clean();
  for (const char* name : {"photos_of_monday/a_0001.jpg", "photos_of_monday/a_0002.jpg",
                           "photos_of_sunday/a_0001.jpg", "photos_of_monday/a_0001.jpg"})
    add_image(d, name, {box(3, 1, 1, 4, 5)});
  check_only(label_problems(d), ProblemKind::duplicate_file_name, "photos_of_monday/a_0001.jpg");
  d = clean();
  d.categories[1].name = "cat";
  check_only(label_problems(d), ProblemKind::duplicate_category_name, "categories");
  for (const char* name : {"Cat", "c_at ", "CAT"}) {
    d = clean();
    d.categories[1].name = name;
    check_only(label_problems(d), ProblemKind::alike_category_names, "category id 2");
  }
  d = clean();
  d.categories.push_back({3, "gnu"});
  check_only(label_problems(d), ProblemKind::empty_class, "category id 3");
  d = clean();
  for (int64_t id = 3; id <= 10'000; ++id) d.categories.push_back({id, std::to_string(id)});
  CHECK(label_problems(d).count(ProblemKind::too_many_classes) == 0);
  d.categories.push_back({10'001, "one more"});
  CHECK(label_problems(d).count(ProblemKind::too_many_classes) == 1);
  d = clean();
  d.categories[1].id = 4;
  check_only(label_problems(d), ProblemKind::id_gap, "categories");
  d.categories = {{INT64_MIN, "a"}, {INT64_MAX, "b"}};
  check_only(label_problems(d), ProblemKind::id_gap, "categories");
  d = clean();
  d.categories[0].id = 0, d.categories[1].id = 1;
  check_only(label_problems(d), ProblemKind::id_zero, "category id 0");
}

TEST_CASE("names that are not UTF-8 are found") {
  for (const char* bad :
       {"\xff", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xc3", "a\x80"}) {
    Dataset d = clean();
    d.categories[0].name = bad;
    check_only(label_problems(d), ProblemKind::invalid_utf8, "category id 1");
  }
  Dataset d = clean();
  d.categories[0].name = "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80";
  CHECK(label_problems(d).kept().empty());
  d.images[0].file_name = "\xe9.jpg";
  check_only(label_problems(d), ProblemKind::invalid_utf8, "\xe9.jpg");
}

TEST_CASE("EXIF orientation in both byte orders, and none in damaged blocks") {
  std::vector<uint8_t> jpeg = tests::make_jpeg(tests::picture(40, 30), {});
  CHECK(data::exif_orientation(jpeg) == 1);
  for (uint8_t orientation = 1; orientation <= 8; ++orientation)
    for (bool big : {false, true}) {
      auto turned = tests::jpeg_with_orientation(jpeg, orientation, big);
      CHECK(data::exif_orientation(turned) == orientation);
      for (size_t size = 0; size < 60; ++size)
        CHECK(data::exif_orientation(std::span(turned).first(size)) <= 8);
    }
  CHECK(data::exif_orientation(tests::jpeg_with_orientation(jpeg, 9, true)) == 1);
  CHECK(data::exif_orientation({}) == 1);
}

TEST_CASE("each problem of image files is found") {
  tests::TemporaryFolder folder;
  const fs::path root = folder.path() / "images";
  fs::create_directory(root);
  Dataset d;
  d.image_folder = root.string();
  d.policy.follow_links = false;
  auto add = [&](const std::string& name, std::vector<uint8_t> bytes, int width, int height) {
    base::write_file(root / name, bytes);
    add_image(d, name, {}, width, height);
  };
  data::Picture picture = tests::picture(64, 48);
  std::vector<uint8_t> jpeg = tests::make_jpeg(picture, {});
  add("good.jpg", jpeg, 64, 48);
  add("size.jpg", jpeg, 64, 50);
  add("png.jpg", data::encode_png(picture), 64, 48);
  add("good.png", data::encode_png(picture), 64, 48);
  add("grey.jpg", tests::make_jpeg(picture, {.components = 1}), 64, 48);
  add("cmyk.jpg",
      tests::make_jpeg(picture,
                       {.components = 4, .horizontal = 1, .vertical = 1, .adobe_marker = true}),
      64, 48);
  add("turned.jpg", tests::jpeg_with_orientation(jpeg, 6, true), 48, 64);
  add("mirrored.jpg", tests::jpeg_with_orientation(jpeg, 2, false), 64, 48);
  add("cut.jpg",
      std::vector<uint8_t>(jpeg.begin(), jpeg.begin() + static_cast<long>(jpeg.size()) / 2), 64,
      48);
  add("text.jpg", {'<', 'h', 't', 'm', 'l', '>'}, 64, 48);
  add("empty.jpg", {}, 64, 48);
  add_image(d, "absent.jpg", {});
  base::write_file(folder.path() / "secret.jpg", jpeg);
  fs::create_symlink(folder.path() / "secret.jpg", root / "link.jpg");
  add_image(d, "link.jpg", {});
  add_image(d, "../secret.jpg", {});

  using enum ProblemKind;
  std::vector<std::pair<std::string, ProblemKind>> expected = {
      {"size.jpg", size_mismatch},     {"png.jpg", png_named_jpeg},
      {"grey.jpg", grayscale},         {"cmyk.jpg", cmyk},
      {"turned.jpg", exif_rotated},    {"mirrored.jpg", exif_rotated},
      {"cut.jpg", unreadable_image},   {"text.jpg", unreadable_image},
      {"empty.jpg", unreadable_image}, {"absent.jpg", missing_file},
      {"link.jpg", outside_folder},    {"../secret.jpg", outside_folder}};
  for (int threads : {1, 3}) {
    Problems problems;
    data::check_images(d, threads, problems);
    REQUIRE(problems.kept().size() == expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      const data::Problem& problem = problems.kept()[i];
      INFO(problem.where << ": " << problem.text);
      CHECK(problem.where == expected[i].first);
      CHECK(data::rule_of(problem.kind).name == data::rule_of(expected[i].second).name);
    }
  }
}

TEST_CASE("problems are counted beyond those that are kept") {
  Problems few(2), all(100);
  for (int i = 0; i < 5; ++i) few.add({ProblemKind::zero_box, fmt::format("{}", i)});
  few.add({ProblemKind::crowd, "x"});
  CHECK(few.count(ProblemKind::zero_box) == 5);
  CHECK(few.kept().size() == 3);
  all.add({ProblemKind::zero_box, "first"});
  all.add(few);
  CHECK(all.count(ProblemKind::zero_box) == 6);
  CHECK(all.count(data::Severity::warning) == 6);
  CHECK(all.count(data::Severity::info) == 1);
  CHECK(all.kept().size() == 4);
}

TEST_CASE("the real data sets have no errors") {
  auto shared = tests::shared_data();
  if (shared.empty()) return;
  for (const char* name : {"bccd", "coco-ccby"}) {
    if (!fs::exists(shared / name / "annotations/instances_val.json")) continue;
    Dataset d = data::load_coco((shared / name / "annotations/instances_val.json").string(),
                                (shared / name / "images").string());
    Problems problems = label_problems(d);
    data::check_images(d, 2, problems);
    INFO(name);
    CHECK(problems.count(data::Severity::error) == 0);
    CHECK(problems.count(data::Severity::warning) == 0);
  }
}
