// Puts the pixels that an image's transform needs into a slot of fixed size.
#pragma once
#include <span>

#include "data/augment.h"

namespace data {

// Fills `slot` (at least kernels::slot_bytes of the output's size) and describes it. The kernel's
// result is the one of the whole picture, also where only the needed rows and columns were taken.
// `offset` of the result is 0; the caller adds the slot's place.
kernels::StagedImage stage_image(const Image& image, const ImageTransform& transform,
                                 PictureSize output, std::span<uint8_t> slot);

// A slot without a picture: black.
kernels::StagedImage empty_slot();

}  // namespace data
