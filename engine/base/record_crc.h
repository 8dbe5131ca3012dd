// The checksum in TFRecord files and in TensorFlow's checkpoints, and that of zip archives.
#pragma once
#include <cstdint>
#include <string_view>

namespace base {

// CRC-32C (Castagnoli, RFC 3720) of up to 2 GiB.
uint32_t crc32c(std::string_view bytes);

// CRC-32 (IEEE 802.3, as in zip archives) of any bytes.
uint32_t crc32(std::string_view bytes);

// The form in which the files store a CRC: rotated, with an offset. (A CRC over bytes that hold
// CRCs would be weak.) The constants are those of tensorflow/core/lib/hash/crc32c.h.
constexpr uint32_t masked_crc(uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8u; }
inline uint32_t record_crc(std::string_view bytes) { return masked_crc(crc32c(bytes)); }

}  // namespace base
