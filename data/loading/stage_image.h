// Stages an image: puts the pixels that its transform needs into a slot, and describes them.
#pragma once
#include <span>

#include "data/loading/augment.h"

namespace data {

// Fills `slot`, which has at least kernels::slot_bytes() of the output's size, and returns its
// description. Rows and columns of the picture that the output does not need may be left out, and
// the kernel still computes the same result as from the whole picture. `offset` of the description
// is 0, and the caller adds the slot's offset.
kernels::StagedImage stage_image(const Picture& image, const ImageTransform& transform,
                                 PictureSize output, std::span<uint8_t> slot);

// Does the same for the whole picture without augmentation, as in evaluation.
kernels::StagedImage stage_unchanged(const PictureView& picture, PictureSize output,
                                     std::span<uint8_t> slot);

// Does the same as stage_image, but puts the whole picture into the slot, so that it can be kept
// and used again with other transforms. `slot` has whole_picture_bytes() or more.
kernels::StagedImage stage_whole_image(const Picture& image, const ImageTransform& transform,
                                       std::span<uint8_t> slot);

// Describes a picture that is stored whole, from byte 0 on. The transform must not need pixels.
kernels::StagedImage describe_whole_image(PictureSize picture, const ImageTransform& transform);

// Whether the description needs means over the picture's pixels.
bool needs_pixels(const ImageTransform& transform);

// The bytes of a whole picture, with those that the kernel may read after its last pixel.
int64_t whole_picture_bytes(PictureSize picture);

// Describes a slot without a picture, from which the kernel makes a black one.
kernels::StagedImage empty_slot();

}  // namespace data
