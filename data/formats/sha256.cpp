#include "data/formats/sha256.h"

#include <openssl/evp.h>

#include "engine/base/error.h"

namespace data {

std::string sha256_hex(std::string_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) != 1)
    base::fail(base::ExitCode::failed, "OpenSSL does not offer SHA-256 here");
  std::string hex;
  for (unsigned int i = 0; i < size; ++i)
    for (int shift : {4, 0}) hex += "0123456789abcdef"[digest[i] >> shift & 15];
  return hex;
}

}  // namespace data
