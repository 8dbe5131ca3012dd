#include "tools/report/base64.h"

#include <openssl/evp.h>

#include "engine/base/error.h"

namespace report {

std::string base64(std::span<const uint8_t> bytes) {
  constexpr size_t kGroup = 3, kLetters = 4;
  std::string text((bytes.size() + kGroup - 1) / kGroup * kLetters + 1, '\0');  // ends in a zero
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                     int(bytes.size()));
  text.resize(size_t(length));
  return text;
}

std::string base64_of_sha256(std::string_view text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int length = 0;
  SSD_CHECK(EVP_Digest(text.data(), text.size(), digest, &length, EVP_sha256(), nullptr) == 1,
            "SHA-256 failed");
  return base64({digest, length});
}

}  // namespace report
