// Shares of images and classes, for single images and for folders.
#include "data/split.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <set>

#include "engine/base/error.h"
#include "engine/base/random.h"
#include "tests/support/catch.h"

using data::Dataset, data::Split, data::split_images;

namespace {

void add_image(Dataset& dataset, const std::string& name, const std::vector<int32_t>& classes) {
  data::ImageEntry image{.id = int64_t(dataset.images.size()) + 1, .width = 10, .height = 10};
  image.file_name = name;
  image.first_object = uint32_t(dataset.objects.size());
  image.object_count = uint32_t(classes.size());
  for (const int32_t c : classes) dataset.objects.push_back({.category = c, .width = 1});
  dataset.images.push_back(image);
}

Dataset with_classes(int classes) {
  Dataset dataset;
  for (int c = 0; c < classes; ++c) dataset.categories.push_back({c + 1, fmt::format("c{}", c)});
  return dataset;
}

// Class c is in about one of 2^(c+1) images, on its own account; `folders` folders of random size.
Dataset random_set(int images, int classes, int folders, uint64_t seed) {
  Dataset dataset = with_classes(classes);
  base::RandomSequence random(seed, 7);
  for (int i = 0; i < images; ++i) {
    std::vector<int32_t> here;
    for (int c = 0; c < classes; ++c)
      if (random.unit() < std::ldexp(1., -(c + 1))) here.insert(here.end(), 1 + c % 2, c);
    add_image(dataset, fmt::format("f{}/{}.jpg", random.below(folders), i), here);
  }
  return dataset;
}

int exit_code_of(const Dataset& dataset, const data::SplitOptions& options) {
  try {
    split_images(dataset, options);
  } catch (const base::Error& error) {
    return int(error.code());
  }
  return 0;
}

}  // namespace

TEST_CASE("split: the number of images is exact, the shares of classes are close") {
  for (uint64_t seed = 0; seed < 20; ++seed)
    for (const double fraction : {0.1, 0.2, 0.5, 0.75}) {
      const Dataset dataset = random_set(1000, 8, 10, seed);
      const Split split = split_images(dataset, {.fraction = fraction, .seed = seed});
      CHECK(split.validation == std::llround(1000 * fraction));
      CHECK(split.training + split.validation == 1000);
      CHECK(std::count(split.in_validation.begin(), split.in_validation.end(), true) ==
            split.validation);
      for (const data::ClassShare& c : split.classes) {
        const double all = double(c.training + c.validation);
        INFO(seed << ", " << fraction << ": " << c.validation << " of " << all);
        CHECK(std::fabs(double(c.validation) - fraction * all) <= 1 + 0.02 * all);
      }
    }
}

TEST_CASE("split: a class of two images is in both parts, one of a single image is learned") {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Dataset dataset = random_set(60, 2, 1, seed);
    dataset.categories.push_back({3, "twice"});
    dataset.categories.push_back({4, "once"});
    add_image(dataset, "a.jpg", {2});
    add_image(dataset, "b.jpg", {0, 2, 2});
    add_image(dataset, "c.jpg", {0, 1, 3});
    const Split split = split_images(dataset, {.fraction = 0.1, .seed = seed});
    CHECK((split.classes[2].training == 1 && split.classes[2].validation == 1));
    CHECK((split.classes[3].training == 1 && split.classes[3].validation == 0));
  }
}

TEST_CASE("split: folders and entries of one file stay together") {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Dataset dataset = random_set(600, 4, 30, seed);
    const Split folders = split_images(dataset, {.fraction = 0.3, .by_folder = true, .seed = seed});
    std::map<std::string, std::set<bool>> parts_of;
    for (size_t i = 0; i < dataset.images.size(); ++i) {
      const std::string& name = dataset.images[i].file_name;
      parts_of[name.substr(0, name.find('/'))].insert(folders.in_validation[i]);
    }
    CHECK(parts_of.size() == 30);
    for (const auto& [folder, parts] : parts_of) CHECK(parts.size() == 1);
    INFO(folders.validation);
    CHECK(std::abs(folders.validation - 180) <= 30);  // a folder has 20 images

    add_image(dataset, "twin.jpg", {0});
    add_image(dataset, "twin.jpg", {1});
    const Split images = split_images(dataset, {.fraction = 0.5, .seed = seed});
    CHECK(images.in_validation[600] == images.in_validation[601]);
  }
}

TEST_CASE("split: two folders give a part each, however large") {
  Dataset dataset = with_classes(1);
  for (int i = 0; i < 90; ++i) add_image(dataset, fmt::format("large/{}.jpg", i), {0});
  for (int i = 0; i < 80; ++i) add_image(dataset, fmt::format("other/{}.jpg", i), {0});
  const Split split = split_images(dataset, {.fraction = 0.05, .by_folder = true});
  CHECK((split.training == 90 && split.validation == 80));
}

TEST_CASE("split: equal seeds give equal parts, others do not") {
  const Dataset dataset = random_set(200, 4, 5, 3);
  const auto parts = [&](uint64_t seed) { return split_images(dataset, {.seed = seed}); };
  CHECK(parts(5).in_validation == parts(5).in_validation);
  CHECK(parts(5).in_validation != parts(6).in_validation);
}

TEST_CASE("split: what cannot be split is refused") {
  const Dataset dataset = random_set(10, 2, 1, 1);
  for (const double fraction : {0., 1., -0.1, std::nan("")})
    CHECK(exit_code_of(dataset, {.fraction = fraction}) == 2);
  for (const int64_t count : {-1, 10, 11}) CHECK(exit_code_of(dataset, {.count = count}) == 2);
  CHECK(exit_code_of(dataset, {.count = 9}) == 0);
  CHECK(exit_code_of(dataset, {.by_folder = true}) == 3);
  CHECK(exit_code_of(random_set(1, 2, 1, 1), {}) == 3);
  CHECK(exit_code_of(with_classes(2), {}) == 3);
}
