// Pictures that cannot belong to their labels: copies of another one, and those of one colour.
#include "data/check/dataset_check.h"
#include "data/image/image_file.h"
#include "data/image/png.h"
#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"
#include "tests/support/picture.h"

using Catch::Contains;
using data::Dataset, data::Picture, data::Problem, data::ProblemKind;

namespace {

struct Folder {
  tests::TemporaryFolder folder;
  Dataset dataset;

  Folder() {
    dataset.image_folder = folder.path().string();
    dataset.categories = {{1, "cat"}};
  }
  // An image of 64 x 48 with `boxes` boxes, the first at `x`.
  void add(const std::string& name, const Picture& picture, double x, uint32_t boxes = 1) {
    base::write_file(folder.path() / name, data::encode_png(picture));
    const auto first = static_cast<uint32_t>(dataset.objects.size());
    for (uint32_t i = 0; i < boxes; ++i)
      dataset.objects.push_back(
          {.id = first + i + 1, .x = x + i, .y = 1, .width = 5, .height = 5, .area = 25});
    dataset.images.push_back({.id = int64_t(dataset.images.size()) + 1,
                              .width = 64,
                              .height = 48,
                              .file_name = name,
                              .first_object = first,
                              .object_count = boxes});
  }
  std::vector<Problem> problems() {
    data::Problems found;
    data::check_images(dataset, 2, found);
    return found.kept();
  }
};

Picture plain(uint8_t red) {
  Picture picture{.width = 64, .height = 48, .rgb = {}};
  for (int i = 0; i < 64 * 48; ++i) picture.rgb.insert(picture.rgb.end(), {red, 7, 9});
  return picture;
}

Picture other() {
  Picture picture = tests::picture(64, 48);
  picture.rgb[0] ^= 1;
  return picture;
}

}  // namespace

TEST_CASE("images with the bytes of another one are told, with whether the boxes differ") {
  Folder f;
  f.add("a.png", tests::picture(64, 48), 1);
  f.add("other.png", other(), 1);
  f.add("same.png", tests::picture(64, 48), 1);
  f.add("moved.png", tests::picture(64, 48), 2);
  const std::vector<Problem> found = f.problems();
  REQUIRE(found.size() == 2);
  CHECK(found[0].kind == ProblemKind::repeated_picture);
  CHECK(found[1].kind == ProblemKind::same_picture);
  CHECK((found[0].where == "same.png" && found[0].text == "the same bytes as a.png"));
  CHECK((found[1].where == "moved.png" &&
         found[1].text == "the same bytes as a.png, but other boxes"));
}

TEST_CASE("an image that is listed twice is no copy, and copies without boxes do no harm") {
  Folder f;
  f.add("empty.png", other(), 1, 0);
  f.add("empty2.png", other(), 1, 0);
  f.add("a.png", tests::picture(64, 48), 1);
  f.dataset.images.push_back(f.dataset.images[0]);
  f.dataset.images.push_back(f.dataset.images[2]);
  f.dataset.images.back().file_name = "./a.png";
  CHECK(f.problems().empty());
}

TEST_CASE("pictures of one colour that have boxes are told") {
  Folder f;
  f.add("black.png", plain(0), 1, 3);
  f.add("empty.png", plain(1), 1, 0);
  Picture nearly = plain(2);
  nearly.rgb.back() ^= 1;
  f.add("pixel.png", Picture{.width = 1, .height = 1, .rgb = {1, 2, 3}}, 0);
  f.dataset.images.back().width = f.dataset.images.back().height = 1;
  f.add("nearly.png", nearly, 1);
  const std::vector<Problem> found = f.problems();
  REQUIRE(found.size() == 1);
  CHECK((found[0].where == "black.png" && found[0].kind == ProblemKind::one_colour));
  CHECK(found[0].text == "every pixel is (0, 7, 9), but it has 3 boxes");
}
