// Bytes as text, for data URIs and for the page's content security policy.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace report {

std::string base64(std::span<const uint8_t> bytes);
std::string base64_of_sha256(std::string_view text);

}  // namespace report
