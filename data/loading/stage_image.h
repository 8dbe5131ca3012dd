// Puts the pixels that an image's transform needs into a slot of fixed size.
#pragma once
#include <span>

#include "data/loading/augment.h"

namespace data {

// Fills `slot` (at least kernels::slot_bytes of the output's size) and describes it. Only the rows
// and columns that the output needs may be stored; the kernel's result is the same as from the
// whole picture. `offset` of the result is 0; the caller adds the slot's offset.
kernels::StagedImage stage_image(const Image& image, const ImageTransform& transform,
                                 PictureSize output, std::span<uint8_t> slot);

// The same, but the slot begins with the whole picture, so that it can be kept and used again with
// any other transform. `slot`: at least whole_picture_bytes.
kernels::StagedImage stage_whole_image(const Image& image, const ImageTransform& transform,
                                       std::span<uint8_t> slot);

// Describes a picture that is stored whole from byte 0 on, for a transform that does not
// need_pixels().
kernels::StagedImage describe_whole_image(PictureSize picture, const ImageTransform& transform);

// Whether the description of the transformed picture has means over its pixels.
bool needs_pixels(const ImageTransform& transform);

// The bytes of a whole picture, with those that the kernel may read behind its last pixel.
int64_t whole_picture_bytes(PictureSize picture);

// A slot without a picture: black.
kernels::StagedImage empty_slot();

}  // namespace data
