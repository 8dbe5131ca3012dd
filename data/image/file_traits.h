// Traits of a picture file that are lost when its picture is read.
#pragma once
#include <cstdint>
#include <span>

#include "data/image/picture.h"

namespace data {

struct FileTraits {
  int64_t pictures = 1;       // frames of an animated PNG, or pictures of an MPO file
  bool sixteen_bits = false;  // per channel
  int highest = -1;           // the largest value of the picture; -1 if that is not known

  // Cameras of 10 to 14 bits often leave the upper bits of 16 empty.
  bool nearly_black() const { return sixteen_bits && highest >= 0 && highest < 64; }
};

// What the file says before its pixels. The first bytes, up to the pixels, are enough.
FileTraits traits_of(std::span<const uint8_t> file);
// The same with the largest value of its picture, if it has 16 bits per channel.
FileTraits traits_of(std::span<const uint8_t> file, const Picture& picture);

}  // namespace data
