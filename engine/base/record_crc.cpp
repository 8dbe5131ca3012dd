#include "engine/base/record_crc.h"

#include <isa-l/crc.h>

#include <climits>

#include "engine/base/error.h"

namespace base {

uint32_t crc32c(std::string_view bytes) {
  SSD_CHECK(bytes.size() <= INT_MAX, "CRC-32C of ", bytes.size(), " bytes, expected up to 2 GiB");
  // ISA-L's type lacks the const that its code keeps. It leaves both inversions to its callers.
  auto data = reinterpret_cast<unsigned char*>(const_cast<char*>(bytes.data()));
  return ~crc32_iscsi(data, static_cast<int>(bytes.size()), ~0u);
}

uint32_t crc32(std::string_view bytes) {
  return crc32_gzip_refl(0, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
}

}  // namespace base
