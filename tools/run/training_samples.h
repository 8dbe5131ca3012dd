// Draws pictures of a batch as the network sees it, with its boxes.
#pragma once
#include <string>
#include <vector>

#include "data/image/picture.h"
#include "data/loading/augment_crop.h"
#include "data/loading/batch.h"
#include "kernels/image.h"
#include "tools/logs/training_log.h"
#include "tools/run/class_list.h"

namespace run {

// Draws a picture for each row that has an image. The class list gives names and colours.
std::vector<data::Picture> sample_pictures(const data::Batch&, const kernels::ChannelScaling&,
                                           data::PictureSize input, const ClassList&);

// Creates `folder` and writes up to 16 of these pictures into it, as 00.jpg and so on, and into the
// log, as those of step 0. If something fails, there is a message on stderr and no error.
void write_training_samples(const std::string& folder, logs::TrainingLog&, const data::Batch&,
                            const kernels::ChannelScaling&, data::PictureSize input,
                            const ClassList&);

}  // namespace run
