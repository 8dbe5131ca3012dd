// CRC-32C (Castagnoli), as record files use it.
#pragma once
#include <cstdint>
#include <string_view>

namespace data {

uint32_t crc32c(std::string_view bytes);        // by the CPU's instruction where there is one
uint32_t crc32c_table(std::string_view bytes);  // the same without it

// The form stored in record files: rotated and offset, so that a checksum of checksums stays good.
constexpr uint32_t masked_crc(uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8u; }

}  // namespace data
