// Tells what a file is that is no safetensors file.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace engine {

struct ForeignWeights {
  std::string what;       // such as "a JPEG image"; empty: unknown
  std::string cure;       // how to go on, such as "unpack it with gunzip"; may be empty
  bool readable = false;  // whether open_weights() reads it

  // Such as "a gzip file: unpack it with gunzip" or "a JPEG image, expected EXPECTED".
  std::string in_words(const std::string& expected) const {
    return what + (cure.empty() ? ", expected " + expected : ": " + cure);
  }
};

// What open_weights() takes, for messages.
inline constexpr const char* kReadableWeights =
    "weights: a file of safetensors, TensorFlow or PyTorch";

// The header of a safetensors file has at most so many bytes.
inline constexpr uint64_t kLargestSafetensorsHeader = 16 << 20;

// `head`: the first 512 bytes of the file, or all if it has fewer; `tail`: its last 8.
ForeignWeights foreign_weights(std::string_view head, std::string_view tail);

// The same for a file. Nothing is found if it begins as a safetensors file does. Throws
// Error(checkpoint) if it cannot be read.
ForeignWeights foreign_weights(const std::string& path);

}  // namespace engine
