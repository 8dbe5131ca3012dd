#include "tools/training_samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>

#include "data/file.h"
#include "data/jpeg.h"
#include "data/sample_image.h"
#include "engine/error.h"

namespace tools {
namespace {

constexpr int kMostSamples = 16, kQuality = 92;

// The network's input, computed as the step computes it.
std::vector<float> network_input(const data::Batch& batch, const kernels::ChannelScaling& scaling,
                                 data::PictureSize input) {
  using engine_dtype = kernels::DType;
  const int64_t images = int64_t(batch.staged.size());
  std::vector<float> values(size_t(images * input.height * input.width * 3));
  kernels::View pixels{batch.pixels.data(), engine_dtype::u8, {1, {int64_t(batch.pixels.size())}}};
  kernels::View out{values.data(), engine_dtype::f32, {4, {images, input.height, input.width, 3}}};
  kernels::normalise_images({}, pixels, batch.staged.data(), scaling, out);
  return values;
}

}  // namespace

void write_training_samples(const std::string& folder, const data::Batch& batch,
                            const kernels::ChannelScaling& scaling, data::PictureSize input,
                            const ClassList& classes) {
  std::vector<std::string> names;
  for (int column = 1; column <= classes.classes(); ++column)
    names.push_back(classes.name_of(column));
  try {
    std::filesystem::create_directories(folder);
    const std::vector<float> values = network_input(batch, scaling, input);
    const size_t image_size = size_t(input.height) * size_t(input.width) * 3;
    for (int row = 0; row < std::min(batch.images, kMostSamples); ++row) {
      const data::InputImage image{values.data() + size_t(row) * image_size, input.height,
                                   input.width, scaling};
      const std::vector<uint8_t> jpeg =
          data::encode_jpeg(data::sample_picture(image, batch, row, names), kQuality);
      data::write_file(fmt::format("{}/{:02d}.jpg", folder, row), jpeg);
    }
  } catch (const std::exception& e) {  // pictures are for looking at: training goes on without them
    std::cerr << "samples could not be written: " << e.what() << "\n";
  }
}

}  // namespace tools
