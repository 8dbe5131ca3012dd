// The candidates that NmsSearch looks at together, in falling order of score: which of them are
// taken. All threads compare all pairs; then one thread goes through sets of candidates, which are
// the bits of words, and waits for no memory but the block's own. Included by .cu files only.
#pragma once
#include <bit>

#include "kernels/boxes.h"
#include "kernels/simt.h"

namespace kernels {

HD int bits_in(uint64_t set) {
#ifdef __CUDA_ARCH__
  return __popcll(set);
#else
  return std::popcount(set);
#endif
}
HD uint64_t lowest_bit(uint64_t set) { return set & (0 - set); }
HD int number_of(uint64_t bit) { return bits_in(bit - 1); }  // of a set with one bit
HD int highest_number(uint64_t set) {                        // of a set with any
#ifdef __CUDA_ARCH__
  return 63 - __clzll((long long)set);
#else
  return 63 - std::countl_zero(set);
#endif
}

struct NmsTile {
  static constexpr int kSize = 64, kParts = 8, kPart = kSize / kParts;

  // Of each candidate:
  Shared<Box, kSize> box;                      // upright
  Shared<int, kSize> class_of;                 // -1: a box taken before this tile suppresses it
  Shared<int, kSize> count;                    // how many of its class were taken before this tile
  Shared<uint8_t, kSize> keeps;                // whether it has area in its window
  Shared<uint8_t, kSize * kParts> hit, equal;  // the parts of the sets that follow
  Shared<uint64_t, kSize> hits, equals;  // those behind it that it suppresses; those of its class

  Shared<uint64_t, 2> result;  // those that are taken; those of them that have area

  template <class Block> HD void compare(Block block, int n, bool agnostic, float threshold) {
    block.each(n * kParts, [&](int t) {
      const int i = t / kParts, first = t % kParts * kPart;
      int overlapping = 0, alike = 0;
      for (int k = 0; k < kPart && first + k < n; ++k) {
        const bool same = class_of[first + k] == class_of[i];
        alike |= int(same) << k;
        if (first + k <= i) continue;
        const float iou = suppression_iou(box[i], box[first + k]);
        overlapping |= int((agnostic | same) & (iou > threshold)) << k;
      }
      hit[t] = uint8_t(overlapping), equal[t] = uint8_t(alike);
    });
    block.each(n, [&](int i) {
      uint64_t overlapping = 0, alike = 0;
      UNROLL(8)
      for (int p = 0; p < kParts; ++p) {
        overlapping |= uint64_t(hit[i * kParts + p]) << (p * kPart);
        alike |= uint64_t(equal[i * kParts + p]) << (p * kPart);
      }
      hits[i] = overlapping, equals[i] = alike;
    });
  }

  // Takes candidates until `most` of them have area, by one thread.
  HD void take(int n, int max_per_class, int most) {
    uint64_t left = 0, taken = 0, kept = 0;
    UNROLL(8)
    for (int i = 0; i < n; ++i) left |= uint64_t(class_of[i] >= 0) << i;
    for (int found = 0; left && found < most;) {
      const uint64_t bit = lowest_bit(left);
      const int i = number_of(bit);
      taken |= bit;
      if (keeps[i]) kept |= bit, ++found;
      left &= ~(bit | hits[i]);
      if (count[i] + bits_in(equals[i] & taken) >= max_per_class) left &= ~equals[i];
    }
    result[0] = taken, result[1] = kept;
  }
};

}  // namespace kernels
