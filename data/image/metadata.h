// Finds the parts of a picture file that describe its pixels: segments of a JPEG, chunks of a PNG,
// and the TIFF blocks in them. Damaged files give empty parts.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>

namespace data {

using FileBytes = std::span<const uint8_t>;

// An unsigned number of 1 to 4 bytes; 0 outside the bytes.
uint32_t number_at(FileBytes bytes, size_t at, int size, bool big_endian);

bool is_png(FileBytes file);

// The bytes after `name` in the first segment before the pixels that has this marker and begins so.
FileBytes jpeg_segment(FileBytes jpeg, uint8_t marker, std::string_view name);
// The data of the first chunk of this type, such as "eXIf", before the pixels.
FileBytes png_chunk(FileBytes png, std::string_view type);

// The first number that the first directory of a TIFF block has under `tag`; 0 if there is none, or
// if it is no whole number.
uint32_t tiff_value(FileBytes block, uint32_t tag);

}  // namespace data
