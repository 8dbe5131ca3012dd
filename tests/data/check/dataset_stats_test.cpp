// Counts of a data set: where its boxes lie and how large they are.
#include "data/check/dataset_stats.h"

#include <limits>

#include "tests/support/catch.h"

using data::BoxGrid, data::even_bin, data::ratio_bin;

namespace {

data::Object box(double x, double y, double width, double height) {
  return {.x = x, .y = y, .width = width, .height = height, .area = width * height};
}

data::DatasetStats stats_of(std::vector<data::Object> objects) {
  data::Dataset dataset;
  dataset.categories = {{1, "a", ""}};
  dataset.images = {{.id = 1, .width = 200, .height = 100, .file_name = "x"}};
  dataset.images[0].object_count = uint32_t(objects.size());
  dataset.objects = std::move(objects);
  return data::compute_stats(dataset);
}

}  // namespace

TEST_CASE("bins cover their axes, and what lies outside is in the bin at the end") {
  constexpr size_t kLast = BoxGrid::kBins - 1;
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  CHECK(even_bin(0) == 0);
  CHECK(even_bin(0.049) == 0);
  CHECK(even_bin(0.051) == 1);
  CHECK(even_bin(0.999) == kLast);
  for (double value : {1., 1.5, 1e300, kInfinite}) CHECK(even_bin(value) == kLast);
  for (double value : {-0.1, -kInfinite, std::nan("")}) CHECK(even_bin(value) == 0);
  CHECK(ratio_bin(0.0101) == 0);
  CHECK(ratio_bin(0.0999) == kLast / 2);
  CHECK(ratio_bin(0.1001) == kLast / 2 + 1);
  for (double value : {0.9, 1., 7., kInfinite}) CHECK(ratio_bin(value) == kLast);
  for (double value : {0.01, 1e-300, 0., -1., std::nan("")}) CHECK(ratio_bin(value) == 0);
}

TEST_CASE("a box is counted where its centre lies, and by its shares of the sides") {
  const data::DatasetStats stats = stats_of({box(90, 70, 20, 20)});  // (0.5, 0.8), 0.1 x 0.2
  CHECK(stats.places.total() == 1);
  CHECK(stats.places.at(16, 10) == 1);
  CHECK(stats.sides.total() == 1);
  CHECK(stats.sides.at(ratio_bin(0.2), ratio_bin(0.1)) == 1);
}

TEST_CASE("boxes without area have no place, and boxes that leave the image have one") {
  const data::DatasetStats stats =
      stats_of({box(10, 10, 0, 5), box(10, 10, 5, -1), box(-50, -50, 20, 20), box(0, 0, 900, 900)});
  CHECK(stats.boxes_without_area == 2);
  CHECK(stats.places.total() == 2);
  CHECK(stats.places.at(0, 0) == 1);
  CHECK(stats.places.at(BoxGrid::kBins - 1, BoxGrid::kBins - 1) == 1);
  CHECK(stats.sides.most() == 1);
}

TEST_CASE("without labels nothing is counted") {
  const data::DatasetStats empty = data::compute_stats({});
  CHECK(empty.places.total() == 0);
  CHECK(empty.sides.most() == 0);
  CHECK(stats_of({}).images_without_boxes == 1);
}
