#include "tests/support/engine/plausible_resnet.h"

#include <cmath>

#include "engine/base/record_crc.h"
#include "engine/base/write_file.h"
#include "tests/support/engine/torch_file.h"

namespace tests {
namespace {

// A number for each element of what has this name.
uint32_t mixed(uint32_t seed, size_t element) {
  uint32_t x = seed + uint32_t(element) * 2654435761u;
  x = (x ^ (x >> 16)) * 0x7feb352du;
  x = (x ^ (x >> 15)) * 0x846ca68bu;
  return x ^ (x >> 16);
}

// Values lie between these.
std::pair<double, double> bounds(const std::string& name, const std::vector<int64_t>& shape) {
  if (shape.size() == 4) {
    const double most = std::sqrt(6.0 / double(shape[1] * shape[2] * shape[3]));
    return {-most, most};
  }
  if (name.ends_with("running_mean")) return {-0.25, 0.25};
  if (name.ends_with("running_var")) return {2, 6};
  if (name.ends_with("bias")) return {-0.25, 0.75};
  if (name.find("bn3.") != std::string::npos) return {0.125, 0.5};  // little is added to the sum
  return {0.5, 2.5};
}

}  // namespace

std::vector<float> plausible_values(const std::string& name, const std::vector<int64_t>& shape) {
  size_t n = 1;
  for (int64_t d : shape) n *= size_t(d);
  const uint32_t seed = base::crc32(name);
  const auto [low, high] = bounds(name, shape);
  std::vector<float> values(n);
  for (size_t i = 0; i < n; ++i)
    values[i] = float(low + (high - low) * (double(mixed(seed, i) >> 8) / 16777216.0));
  return values;
}

data::Picture plausible_picture(int width, int height) {
  data::Picture picture{width, height, {}};
  const uint32_t seed = base::crc32("picture");
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < 3; ++c)
        picture.rgb.push_back(
            uint8_t(2 * x + y + 60 * c + int(mixed(seed, picture.rgb.size()) % 64)));
  return picture;
}

void write_plausible_resnet50(const std::string& path) {
  ForeignWeights weights;
  weights.draw = plausible_values;
  add_torchvision(weights, "", 64, {3, 4, 6, 3});
  base::write_file(path, zipped_torch_file(state_dict_pickle(weights), storages_of(weights)));
}

}  // namespace tests
