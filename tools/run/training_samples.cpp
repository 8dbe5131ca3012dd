#include "tools/run/training_samples.h"

#include <fmt/format.h>

#include <algorithm>

#include "data/image/jpeg.h"
#include "data/loading/sample_image.h"
#include "engine/base/error.h"
#include "engine/base/tell.h"
#include "engine/base/write_file.h"

namespace run {
namespace {

constexpr size_t kMostSamples = 16;
constexpr int kQuality = 92;

// The network's input, computed as the step computes it.
std::vector<float> network_input(const data::Batch& batch, const kernels::ChannelScaling& scaling,
                                 data::PictureSize input) {
  using engine_dtype = kernels::DType;
  for (const kernels::StagedImage& image : batch.staged)
    SSD_CHECK(!image.cached, "the pixels of a picture are on the device");
  const int64_t images = int64_t(batch.staged.size());
  std::vector<float> values(size_t(images * input.height * input.width * 3));
  kernels::View pixels{batch.pixels.data(), engine_dtype::u8, {1, {int64_t(batch.pixels.size())}}};
  kernels::View out{values.data(), engine_dtype::f32, {4, {images, input.height, input.width, 3}}};
  kernels::normalise_images({}, pixels, {}, batch.staged.data(), scaling, out);
  return values;
}

}  // namespace

std::vector<data::Picture> sample_pictures(const data::Batch& batch,
                                           const kernels::ChannelScaling& scaling,
                                           data::PictureSize input, const ClassList& classes) {
  std::vector<std::string> names;
  for (int column = 1; column <= classes.classes(); ++column)
    names.push_back(classes.name_of(column));
  const data::ClassColours colours = class_colours(classes);
  const std::vector<float> values = network_input(batch, scaling, input);
  const size_t image_size = size_t(input.height) * size_t(input.width) * 3;
  std::vector<data::Picture> pictures;
  for (int row = 0; row < batch.images; ++row)
    pictures.push_back(data::sample_picture(
        {values.data() + size_t(row) * image_size, input.height, input.width, scaling}, batch, row,
        names, colours));
  return pictures;
}

void write_training_samples(const std::string& folder, logs::TrainingLog& log,
                            const data::Batch& batch, const kernels::ChannelScaling& scaling,
                            data::PictureSize input, const ClassList& classes) {
  try {
    base::create_folders(folder);
    const std::vector<data::Picture> pictures = sample_pictures(batch, scaling, input, classes);
    for (size_t row = 0; row < std::min(pictures.size(), kMostSamples); ++row) {
      const auto bytes = data::encode_jpeg(pictures[row], kQuality);
      const std::string jpeg(bytes.begin(), bytes.end()), name = fmt::format("{:02d}", row);
      base::write_file(folder + "/" + name + ".jpg", jpeg, base::not_durable());
      log.image(0, "samples/" + name, input.width, input.height, jpeg);
    }
  } catch (const std::exception& e) {  // training does not need the pictures, so it goes on
    base::tell(std::string("samples could not be written: ") + e.what());
  }
}

}  // namespace run
