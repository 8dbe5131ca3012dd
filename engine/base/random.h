// Random numbers that are a function of (seed, stream, index): any thread, rank or device can ask
// for any of them, and a resumed run gets the same ones. Philox4x32-10 of Salmon et al., "Parallel
// random numbers: as easy as 1, 2, 3", SC 2011.
#pragma once
#include <cstdint>

namespace base {

// Four 32-bit words: a Philox counter, or the block made from one.
struct PhiloxBlock {
  uint32_t word[4];
};

// Ten rounds. key0, key1: the two words of the key.
inline PhiloxBlock philox(PhiloxBlock counter, uint32_t key0, uint32_t key1) {
  uint32_t* c = counter.word;
  for (int round = 0; round < 10; ++round) {
    uint64_t a = uint64_t(0xD2511F53u) * c[0], b = uint64_t(0xCD9E8D57u) * c[2];
    uint32_t next0 = uint32_t(b >> 32) ^ c[1] ^ key0, next2 = uint32_t(a >> 32) ^ c[3] ^ key1;
    c[0] = next0, c[1] = uint32_t(b), c[2] = next2, c[3] = uint32_t(a);
    key0 += 0x9E3779B9u, key1 += 0xBB67AE85u;
  }
  return counter;
}

// 64 independent bits. `stream` separates the uses of one seed; it may be a pair (epoch, image) or
// the number of a parameter.
inline uint64_t random_bits(uint64_t seed, uint64_t stream, uint64_t index) {
  PhiloxBlock block =
      philox({{uint32_t(index), uint32_t(index >> 32), uint32_t(stream), uint32_t(stream >> 32)}},
             uint32_t(seed), uint32_t(seed >> 32));
  return uint64_t(block.word[1]) << 32 | block.word[0];
}

// Uniform in [0, 1), in steps of 2^-53.
inline double random_unit(uint64_t seed, uint64_t stream, uint64_t index) {
  return double(random_bits(seed, stream, index) >> 11) * 0x1p-53;
}

// The numbers of one stream in order, for code that draws as many as it needs.
class RandomSequence {
 public:
  RandomSequence(uint64_t seed, uint64_t stream) : seed_(seed), stream_(stream) {}
  uint64_t bits() { return random_bits(seed_, stream_, index_++); }
  double unit() { return random_unit(seed_, stream_, index_++); }                  // [0, 1)
  double uniform(double low, double high) { return low + (high - low) * unit(); }  // [low, high)
  int64_t below(int64_t n) { return int64_t(unit() * double(n)); }  // 0 .. n-1; n <= 2^53

 private:
  uint64_t seed_, stream_, index_ = 0;
};

}  // namespace base
