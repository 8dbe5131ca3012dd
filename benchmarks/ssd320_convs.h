// Every distinct convolution of SSD320 at 320x320 pixels, and how often one forward pass runs it.
#pragma once
#include <string>
#include <vector>

#include "engine/conv/conv.h"

namespace benchmarks {

struct ModelConv {
  std::string name;
  int count;
  engine::ConvShape shape;  // forward, f32, one image, nothing fused
};

inline engine::ConvShape conv_shape(int size, int kernel, int stride, engine::Padding pad, int in,
                                    int out) {
  return {{.images = 1,
           .height = size,
           .width = size,
           .in_channels = in,
           .out_channels = out,
           .kernel = kernel,
           .stride = stride,
           .pad = pad}};
}

inline ModelConv pointwise(const std::string& name, int count, int size, int in, int out) {
  return {name, count, conv_shape(size, 1, 1, {}, in, out)};
}

// Every second pixel of a block's output.
inline ModelConv strided(const std::string& name, int size, int in, int out) {
  return {name, 1, conv_shape(size, 1, 2, {}, in, out)};
}

inline ModelConv three_by_three(const std::string& name, int count, int size, int in, int out) {
  return {name, count, conv_shape(size, 3, 1, {1, 1, 1, 1}, in, out)};
}

inline std::vector<ModelConv> ssd320_convs() {
  std::vector<ModelConv> convs{
      {"conv1", 1, conv_shape(320, 7, 2, {3, 3, 3, 3}, 3, 64)},
      pointwise("block1 conv3, shortcut", 4, 80, 64, 256),
      pointwise("block1 unit_1 conv1", 1, 80, 64, 64),
      pointwise("block1 conv1", 2, 80, 256, 64),
      three_by_three("block1 conv2", 3, 80, 64, 64),
      strided("block2 shortcut", 80, 256, 512),
      strided("block2 unit_1 conv1", 80, 256, 128),
      pointwise("block2 conv1", 3, 40, 512, 128),
      three_by_three("block2 conv2", 4, 40, 128, 128),
      pointwise("block2 conv3", 4, 40, 128, 512),
      strided("block3 shortcut", 40, 512, 1024),
      strided("block3 unit_1 conv1", 40, 512, 256),
      pointwise("block3 conv1, projection_2", 6, 20, 1024, 256),
      pointwise("block3 conv3", 6, 20, 256, 1024),
      strided("block4 shortcut", 20, 1024, 2048),
      strided("block4 unit_1 conv1", 20, 1024, 512),
      pointwise("block4 conv1", 2, 10, 2048, 512),
      three_by_three("block4 conv2", 3, 10, 512, 512),
      pointwise("block4 conv3", 3, 10, 512, 2048),
      pointwise("projection_3", 1, 10, 2048, 256),
      pointwise("projection_1", 1, 40, 512, 256),
      {"bottom_up_block5", 1, conv_shape(10, 3, 2, {0, 0, 1, 1}, 256, 256)},
      {"bottom_up_block6", 1, conv_shape(5, 3, 2, {1, 1, 1, 1}, 256, 256)},
      three_by_three("tower P3, smoothing_1", 9, 40, 256, 256),
      three_by_three("tower P4, block3 conv2, smoothing_2", 15, 20, 256, 256),
  };
  const char* levels[] = {"P3", "P4", "P5", "P6", "P7"};
  const int sizes[] = {40, 20, 10, 5, 3};
  for (int i = 0; i < 5; ++i) {
    std::string level = levels[i];
    if (i >= 2) convs.push_back(three_by_three("tower " + level, 8, sizes[i], 256, 256));
    convs.push_back(three_by_three("box predictor " + level, 1, sizes[i], 256, 24));
    convs.push_back(three_by_three("class predictor " + level, 1, sizes[i], 256, 546));
  }
  return convs;
}

}  // namespace benchmarks
