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

// What follows `name` in the first segment with this marker that begins so, before the pixels.
FileBytes jpeg_segment(FileBytes jpeg, uint8_t marker, std::string_view name);
// The data of the first chunk of this type, such as "eXIf", before the pixels.
FileBytes png_chunk(FileBytes png, std::string_view type);

// The first whole number that the first directory of a TIFF block has under `tag`; 0 if it has none
// or no whole one.
uint32_t tiff_value(FileBytes block, uint32_t tag);

}  // namespace data
