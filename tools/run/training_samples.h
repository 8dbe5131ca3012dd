// Draws pictures of a batch as the network sees it, with its boxes.
#pragma once
#include <string>
#include <vector>

#include "data/image/picture.h"
#include "data/loading/augment_crop.h"
#include "data/loading/batch.h"
#include "kernels/image.h"
#include "tools/run/class_list.h"

namespace run {

// Draws a picture for each row that has an image. The class list gives names and colours.
std::vector<data::Picture> sample_pictures(const data::Batch&, const kernels::ChannelScaling&,
                                           data::PictureSize input, const ClassList&);

struct TrainingSample {
  std::string name;  // such as "00", without the ending
  std::string jpeg;
};

// Creates `folder` and writes up to 16 of these pictures into it, as 00.jpg and so on. Returns
// what it has written. If something fails, there is a message on stderr and no error.
std::vector<TrainingSample> write_training_samples(const std::string& folder, const data::Batch&,
                                                   const kernels::ChannelScaling&,
                                                   data::PictureSize input, const ClassList&);

}  // namespace run
