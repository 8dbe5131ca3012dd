// The checksum of our safetensors files: XXH3-128 over the whole file with the checksum's own
// digits as zeros. It lies in the header's metadata as 32 hexadecimal digits.
#pragma once
#include <xxhash.h>

#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>

namespace engine {

// A file with this entry must have a checksum. So if the key of its checksum is damaged, the file
// is refused, and not read as one without a checksum.
inline constexpr const char* kWriterKey = "writer";
inline constexpr const char* kWriter = "ssd320";
inline constexpr const char* kChecksumKey = "ssd320.xxh3_128";
inline constexpr size_t kChecksumDigits = 32;

// The field as it stands in the header.
inline std::string checksum_field(const std::string& digits) {
  return std::string("\"") + kChecksumKey + "\":\"" + digits + "\"";
}

class ChecksumState {
 public:
  ChecksumState() : state_(XXH3_createState(), XXH3_freeState) { XXH3_128bits_reset(state_.get()); }
  void add(const void* data, size_t bytes) { XXH3_128bits_update(state_.get(), data, bytes); }
  std::string digits() const {
    XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
    char text[kChecksumDigits + 1];
    std::snprintf(text, sizeof text, "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                  static_cast<unsigned long long>(hash.low64));
    return text;
  }

 private:
  std::unique_ptr<XXH3_state_t, XXH_errorcode (*)(XXH3_state_t*)> state_;
};

}  // namespace engine
