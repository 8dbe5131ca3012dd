#include "tests/support/small_pictures.h"

#include "data/image/image_file.h"
#include "engine/base/write_file.h"

namespace tests {

SmallPictures::SmallPictures(int count, int side) {
  dataset.image_folder = folder.path().string();
  dataset.categories = {{1, "a"}, {5, "b"}};
  for (int i = 0; i < count; ++i) {
    const int width = side + int(random_() % 9), height = side + int(random_() % 9);
    add(width, height);
  }
}

void SmallPictures::add(int width, int height) {
  data::Picture image{width, height, std::vector<uint8_t>(size_t(width * height * 3))};
  for (uint8_t& byte : image.rgb) byte = uint8_t(random_());
  const std::string name = std::to_string(dataset.images.size()) + ".png";
  data::write_image(folder.path() / name, image);
  const uint32_t boxes = random_() % 5, first = uint32_t(dataset.objects.size());
  for (uint32_t b = 0; b < boxes; ++b)
    dataset.objects.push_back({b, int(b % 2), b == 3, 1.0 + b, 2, 10, 12.5, 100});
  const int64_t id = 1000 + int64_t(dataset.images.size());
  dataset.images.push_back({id, width, height, name, first, boxes});
}

void SmallPictures::damage(int i) {
  base::write_file(folder.path() / dataset.images[size_t(i)].file_name, "no");
}

data::LoaderOptions small_options(int batch_size) {
  data::LoaderOptions options;
  options.batch_size = batch_size;
  options.seed = 42;
  options.sample.input = {16, 20};
  options.sample.max_boxes = 3;
  options.sample.ground_truth.class_columns = {1, 2};
  options.sample.augment.colour.probability = 0.5f;
  return options;
}

}  // namespace tests
