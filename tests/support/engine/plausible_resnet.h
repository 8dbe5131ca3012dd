// Weights and a picture for a ResNet-50, from formulas that tests/peers/torch_features.py has, too:
// the same names and shapes give the same bits there. The weights are of the size that trained ones
// have, so activations neither vanish nor grow, and some exceed 6.
#pragma once
#include "data/image/picture.h"
#include "tests/support/engine/foreign_weights.h"

namespace tests {

// As DrawValues. `name` and `shape` are torchvision's.
std::vector<float> plausible_values(const std::string& name, const std::vector<int64_t>& shape);

data::Picture plausible_picture(int width, int height);

// Writes the whole ResNet-50 as torch.save does.
void write_plausible_resnet50(const std::string& path);

}  // namespace tests
