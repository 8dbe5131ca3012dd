// SHA-256 (FIPS 180-4): TFRecord files hold that of each image, reports that of their script.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace data {

// The hash of the bytes. Throws Error(failed) if OpenSSL does not offer it here.
std::array<uint8_t, 32> sha256(std::string_view bytes);

// The same as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace data
