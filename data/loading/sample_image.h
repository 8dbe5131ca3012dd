// The network's input as a picture for people, to see what training sees.
#pragma once
#include <string>
#include <vector>

#include "data/image/colour.h"
#include "data/image/image.h"
#include "data/loading/batch.h"

namespace data {

// One image of the input tensor, in f32.
struct InputImage {
  const float* values = nullptr;  // [height, width, 3]
  int height = 0, width = 0;
  kernels::ChannelScaling scaling;
};

// Undoes the scaling; rounded and cut to 0..255.
Image to_picture(const InputImage& input);

// The same for a row of a batch, with its boxes drawn. class_names[c - 1] names column c; a column
// without a name shows its number.
Image sample_picture(const InputImage& input, const Batch& batch, int row,
                     const std::vector<std::string>& class_names, const ClassColours& colours);

}  // namespace data
