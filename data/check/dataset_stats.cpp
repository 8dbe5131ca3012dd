#include "data/check/dataset_stats.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace data {
namespace {

// Bins between ascending limits: [-inf, limits[0]), [limits[0], limits[1]), ..., [last, inf).
class Histogram {
 public:
  Histogram(std::vector<double> limits, std::vector<std::string> labels)
      : limits_(std::move(limits)) {
    for (std::string& label : labels) bins_.push_back({std::move(label), 0});
  }
  void add(double value) {
    auto bin = std::upper_bound(limits_.begin(), limits_.end(), value) - limits_.begin();
    ++bins_.at(static_cast<size_t>(bin)).count;
  }
  std::vector<Bin> take() { return std::move(bins_); }

 private:
  std::vector<double> limits_;
  std::vector<Bin> bins_;
};

struct Histograms {
  Histogram area{{32 * 32, 96 * 96}, {"small", "medium", "large"}};
  Histogram per_image{{1, 2, 4, 8, 16, 32, 64, 101},
                      {"0", "1", "2-3", "4-7", "8-15", "16-31", "32-63", "64-100", "over 100"}};
  Histogram aspect{{1. / 3, 0.5, 1, 2, 3},
                   {"below 1:3", "1:3-1:2", "1:2-1:1", "1:1-2:1", "2:1-3:1", "3:1 and up"}};
  Histogram size{{8, 16, 32, 64, 128, 256},
                 {"below 8", "8-16", "16-32", "32-64", "64-128", "128-256", "256 and up"}};
};

void add_object(const Object& o, const ImageEntry& image, DatasetStats& stats,
                Histograms& histograms) {
  CategoryCount& category = stats.categories.at(o.category);
  ++category.boxes;
  category.crowd += o.crowd;
  stats.crowd += o.crowd;
  histograms.area.add(o.area);
  if (!(o.width > 0) || !(o.height > 0)) {
    ++stats.boxes_without_area;
    return;
  }
  constexpr double kInputSide = 320;
  const double width = o.width / image.width, height = o.height / image.height;
  histograms.aspect.add(o.width / o.height);
  histograms.size.add(kInputSide * std::sqrt(width * height));
  ++stats.places.at(even_bin((o.y + o.height / 2) / image.height),
                    even_bin((o.x + o.width / 2) / image.width));
  ++stats.sides.at(ratio_bin(height), ratio_bin(width));
}

void add_image_size(const ImageEntry& image, DatasetStats& stats) {
  bool first = stats.images == 0;
  stats.min_width = first ? image.width : std::min(stats.min_width, image.width);
  stats.max_width = std::max(stats.max_width, image.width);
  stats.min_height = first ? image.height : std::min(stats.min_height, image.height);
  stats.max_height = std::max(stats.max_height, image.height);
}

}  // namespace

DatasetStats compute_stats(const Dataset& dataset) {
  DatasetStats stats;
  Histograms histograms;
  for (const Category& category : dataset.categories)
    stats.categories.push_back({category.id, category.name});
  std::vector<const ImageEntry*> seen_in(dataset.categories.size());
  for (const ImageEntry& image : dataset.images) {
    add_image_size(image, stats);
    ++stats.images;
    int64_t count = image.object_count;
    stats.boxes += count;
    stats.images_without_boxes += count == 0;
    stats.most_boxes_in_an_image = std::max(stats.most_boxes_in_an_image, count);
    histograms.per_image.add(static_cast<double>(count));
    for (const Object& object : dataset.objects_of(image)) {
      add_object(object, image, stats, histograms);
      if (std::exchange(seen_in[object.category], &image) != &image)
        ++stats.categories[object.category].images;
    }
  }
  stats.area = histograms.area.take();
  stats.boxes_per_image = histograms.per_image.take();
  stats.aspect = histograms.aspect.take();
  stats.size_at_320 = histograms.size.take();
  return stats;
}

}  // namespace data
