// Weight files as other programs write them. Every element holds a number that only its tensor's
// name and its own index give, so that a test can tell where a value came from.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/support/paths.h"

namespace tests {

float foreign_value(const std::string& name, size_t element);

// The values of a tensor, by its name and shape.
using DrawValues =
    std::function<std::vector<float>(const std::string&, const std::vector<int64_t>&)>;
std::vector<float> foreign_values(const std::string& name, const std::vector<int64_t>& shape);

struct ForeignWeights {  // under construction
  TemporaryFolder folder;
  std::string path = (folder.path() / "weights.safetensors").string();
  std::map<std::string, std::pair<std::vector<int64_t>, std::vector<float>>> tensors;
  DrawValues draw = foreign_values;

  void add(const std::string& name, const std::vector<int64_t>& shape);
  const std::string& save() const;  // gives `path`
};

// A ResNet whose first convolution has `width` channels; add_slim_backbone has [2, 1, 1, 1] units.
void add_torchvision(ForeignWeights&, const std::string& prefix = "", int width = 4,
                     const std::array<int, 4>& units = {2, 1, 1, 1});
void add_slim_backbone(ForeignWeights&, const std::string& prefix = "", int width = 4);
// With a pyramid and heads of 8 channels, towers of two convolutions, six anchors per cell.
void add_slim_detector(ForeignWeights&, int columns);

}  // namespace tests
