#include "data/synthetic/synthetic.h"
#include "tests/support/catch.h"

#include "data/formats/coco.h"
#include "data/image/image_file.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/write_file.h"
#include "tests/support/paths.h"
#include "tests/support/picture.h"

using namespace data;
namespace fs = std::filesystem;

namespace {

SyntheticOptions small() {
  SyntheticOptions options;
  options.scene.width = 96, options.scene.height = 64;
  options.train_images = 6, options.val_images = 3;
  return options;
}

void refuses(const fs::path& folder, const SyntheticOptions& options) {
  try {
    write_synthetic(folder, options);
    FAIL_CHECK("accepted");
  } catch (const base::Error& error) {
    CHECK(error.code() == base::ExitCode::usage);
  }
}

size_t entries(const fs::path& folder) {
  return size_t(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("the drawn data set reads back as what was drawn") {
  tests::TemporaryFolder temporary;
  auto folder = temporary.path() / "shapes";
  SyntheticCounts counts = write_synthetic(folder, small());
  Dataset train = load_coco(folder / "annotations/instances_train.json", folder / "images");
  Dataset val = load_coco(folder / "annotations/instances_val.json", folder / "images");
  REQUIRE(train.images.size() == 6);
  REQUIRE(val.images.size() == 3);
  CHECK(train.categories.size() == 3);
  CHECK(train.categories[2].name == "triangle");
  CHECK(int64_t(train.objects.size()) == counts.train_objects);
  CHECK(int64_t(val.objects.size()) == counts.val_objects);
  CHECK(val.images[0].file_name == "000007.jpg");
  for (size_t i = 0; i < 9; ++i) {
    const Dataset& set = i < 6 ? train : val;
    const ImageEntry& entry = set.images[i < 6 ? i : i - 6];
    Scene scene = draw_scene(small().scene, i);
    Picture image = tests::read_image(base::safe_join(set.image_folder, entry.file_name));
    CHECK(tests::mean_difference(image, scene.image) < 6);
    auto objects = set.objects_of(entry);
    REQUIRE(objects.size() == scene.objects.size());
    for (size_t k = 0; k < objects.size(); ++k) {
      CHECK(objects[k].category == scene.objects[k].category);
      CHECK(objects[k].x == scene.objects[k].x);
      CHECK(objects[k].height == scene.objects[k].height);
      CHECK(objects[k].area == scene.objects[k].area);
    }
  }
  CHECK(entries(temporary.path()) == 1);  // no partial folder is left
}

TEST_CASE("equal options give equal files") {
  tests::TemporaryFolder temporary;
  write_synthetic(temporary.path() / "a", small());
  write_synthetic(temporary.path() / "b/", small());
  auto outcome = tests::run("diff -r " + (temporary.path() / "a").string() + " " +
                            (temporary.path() / "b").string());
  CHECK(outcome.exit_code == 0);
}

TEST_CASE("nothing is written over an existing folder or with wrong options") {
  tests::TemporaryFolder temporary;
  auto folder = temporary.path() / "shapes";
  fs::create_directory(folder);
  write_synthetic(folder, small());  // an empty folder is taken
  CHECK(entries(folder) == 2);
  refuses(folder, small());
  base::write_file(temporary.path() / "file", std::string("x"));
  refuses(temporary.path() / "file", small());
  for (auto change : std::initializer_list<void (*)(SyntheticOptions&)>{
           [](SyntheticOptions& o) { o.train_images = -1; },
           [](SyntheticOptions& o) { o.val_images = 1000000; },
           [](SyntheticOptions& o) { o.train_images = o.val_images = 0; },
           [](SyntheticOptions& o) { o.jpeg_quality = 0; },
           [](SyntheticOptions& o) { o.scene.classes = 9; }}) {
    SyntheticOptions options = small();
    change(options);
    refuses(temporary.path() / "other", options);
  }
  CHECK(entries(temporary.path()) == 2);
}
