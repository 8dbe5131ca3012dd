// Pictures of a batch as the network sees it, with its boxes.
#pragma once
#include <string>
#include <vector>

#include "data/image/image.h"
#include "data/loading/augment_crop.h"
#include "data/loading/batch.h"
#include "kernels/image.h"
#include "tools/run/class_list.h"

namespace run {

// The filled rows as the network sees them, with their boxes drawn in.
std::vector<data::Image> sample_pictures(const data::Batch&, const kernels::ChannelScaling&,
                                         data::PictureSize input, const ClassList&);

// Up to 16 JPEG files NN.jpg in `folder`, which is made. Failures to write are told on stderr only.
void write_training_samples(const std::string& folder, const data::Batch&,
                            const kernels::ChannelScaling&, data::PictureSize input,
                            const ClassList&);

}  // namespace run
