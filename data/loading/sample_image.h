// Turns the network's input into a picture, so that people see what the network sees.
#pragma once
#include <string>
#include <vector>

#include "data/image/colour.h"
#include "data/image/picture.h"
#include "data/loading/batch.h"

namespace data {

// One image of the input tensor, in f32.
struct InputImage {
  const float* values = nullptr;  // [height, width, 3]
  int height = 0, width = 0;
  kernels::ChannelScaling scaling;
};

// Undoes the scaling, rounds, and cuts to 0..255.
Picture to_picture(const InputImage& input);

// Does the same for a row of a batch, and draws its boxes. class_names[c - 1] is the name of class
// column c. A column without a name shows its number.
Picture sample_picture(const InputImage& input, const Batch& batch, int row,
                       const std::vector<std::string>& class_names, const ClassColours& colours);

}  // namespace data
