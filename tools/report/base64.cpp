#include "tools/report/base64.h"

#include <openssl/evp.h>

namespace report {

std::string base64(std::span<const uint8_t> bytes) {
  constexpr size_t kGroup = 3, kLetters = 4;
  std::string text((bytes.size() + kGroup - 1) / kGroup * kLetters + 1, '\0');  // ends in a zero
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                                     int(bytes.size()));
  text.resize(size_t(length));
  return text;
}

}  // namespace report
