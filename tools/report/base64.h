// Bytes as text: in data URIs, and in the page's content security policy.
#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace report {

std::string base64(std::span<const uint8_t> bytes);

}  // namespace report
