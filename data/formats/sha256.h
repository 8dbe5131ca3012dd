// SHA-256 (FIPS 180-4), for the hash that TFRecord files hold of each image.
#pragma once
#include <string>
#include <string_view>

namespace data {

// The hash of the bytes as 64 lower-case hexadecimal digits.
std::string sha256_hex(std::string_view bytes);

}  // namespace data
