#include "data/check/copies.h"

#include <algorithm>
#include <filesystem>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "data/encoded_image.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

namespace data {
namespace {

bool has_same_bytes(const Dataset& dataset, const ImageEntry& a, const ImageEntry& b) {
  try {
    return read_encoded_image(dataset, a) == read_encoded_image(dataset, b);
  } catch (const base::Error&) {  // it was changed or removed since it was looked at
    return false;
  }
}

bool has_same_boxes(const Dataset& dataset, const ImageEntry& a, const ImageEntry& b) {
  const auto keys = [&](const ImageEntry& image) {
    std::vector<std::tuple<int32_t, double, double, double, double>> all;
    for (const Object& o : dataset.objects_of(image))
      all.emplace_back(o.category, o.x, o.y, o.width, o.height);
    std::ranges::sort(all);
    return all;
  };
  return keys(a) == keys(b);
}

// Whether two entries name one file, in whatever spelling.
bool have_one_file(const Dataset& dataset, const ImageEntry& a, const ImageEntry& b) {
  if (a.shard >= 0 || b.shard >= 0) return image_location(dataset, a) == image_location(dataset, b);
  const auto plain = [](const ImageEntry& image) {
    return std::filesystem::path(image.file_name).lexically_normal();
  };
  return plain(a) == plain(b);
}

}  // namespace

void find_copies(const Dataset& dataset, ImageFiles& files) {
  std::unordered_map<uint64_t, size_t> first_with;  // by mark of the content
  for (size_t i = 0; i < dataset.images.size(); ++i) {
    if (files.heads[i].content == 0) continue;
    const auto [first, fresh] = first_with.try_emplace(files.heads[i].content, i);
    const ImageEntry &image = dataset.images[i], &other = dataset.images[first->second];
    if (fresh || have_one_file(dataset, image, other) ||
        image.object_count + other.object_count == 0 || !has_same_bytes(dataset, image, other))
      continue;
    const bool repeated = has_same_boxes(dataset, image, other);
    Problem problem{repeated ? ProblemKind::repeated_picture : ProblemKind::same_picture,
                    image_location(dataset, image)};
    problem.text = "the same bytes as " + base::printable_path(image_location(dataset, other)) +
                   (repeated ? "" : ", but other boxes");
    files.problems[i].push_back(std::move(problem));
  }
}

}  // namespace data
