// SHA-256 (FIPS 180-4), for the key that record files carry with each image.
#pragma once
#include <string>
#include <string_view>

namespace data {

std::string sha256_hex(std::string_view bytes);  // 64 lower-case hexadecimal digits

}  // namespace data
