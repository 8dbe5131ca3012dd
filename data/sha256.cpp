#include "data/sha256.h"

#include <openssl/evp.h>

#include "engine/base/error.h"

namespace data {

std::array<uint8_t, 32> sha256(std::string_view bytes) {
  std::array<uint8_t, 32> digest;
  if (EVP_Digest(bytes.data(), bytes.size(), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
    base::fail(base::ExitCode::failed, "OpenSSL does not offer SHA-256 here");
  return digest;
}

std::string sha256_hex(std::string_view bytes) {
  std::string hex;
  for (const uint8_t byte : sha256(bytes))
    for (int shift : {4, 0}) hex += "0123456789abcdef"[byte >> shift & 15];
  return hex;
}

}  // namespace data
