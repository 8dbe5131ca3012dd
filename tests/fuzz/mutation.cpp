#include "tests/fuzz/mutation.h"

#include <algorithm>

#include "engine/base/random.h"

namespace fuzz {
namespace {

constexpr uint64_t kSeed = 47;
constexpr size_t kLongest = size_t(1) << 18;

class Mutator {
 public:
  Mutator(const Target& target, uint64_t number) : target_(target), random_(kSeed, number) {}

  std::string make() {
    bytes_ = pick(target_.seeds);
    for (int64_t changes = 1 + random_.below(8); changes > 0; --changes) change();
    if (bytes_.size() > kLongest) bytes_.resize(kLongest);
    return std::move(bytes_);
  }

 private:
  size_t below(size_t n) { return n ? size_t(random_.below(int64_t(n))) : 0; }
  const std::string& pick(const std::vector<std::string>& from) { return from[below(from.size())]; }
  std::string piece(const std::string& of) {
    const size_t first = below(of.size());
    return of.substr(first, 1 + below(std::min<size_t>(of.size() - first, 64)));
  }

  void change() {
    const size_t at = below(bytes_.size());
    switch (random_.below(10)) {
      case 0:
        return flip(at);
      case 1:
        return overwrite(at, std::string(1, char(random_.bits())));
      case 2:
        return overwrite(at, number());
      case 3:
        bytes_.erase(at, 1 + below(32));
        return;
      case 4:
        bytes_.resize(at);  // cut off
        return;
      case 5:
        bytes_.insert(at, piece(bytes_));
        return;
      case 6:
        bytes_.insert(at, piece(pick(target_.seeds)));
        return;
      case 7:
        return digits(at);
      default:
        if (!target_.words.empty()) bytes_.insert(at, pick(target_.words));
    }
  }

  void flip(size_t at) {
    if (!bytes_.empty()) bytes_[at] = char(bytes_[at] ^ 1 << random_.below(8));
  }

  void overwrite(size_t at, const std::string& with) {
    bytes_.replace(at, std::min(with.size(), bytes_.size() - at), with);
  }

  // A binary number on a border of its range, of 1 to 8 bytes in either order.
  std::string number() {
    constexpr uint64_t kBorders[] = {0,          1,          0x7f,       0x80,      0xff,
                                     0x7fff,     0x8000,     0xffff,     1 << 20,   0x7fffffff,
                                     0x80000000, 0xffffffff, 1ull << 40, INT64_MAX, UINT64_MAX};
    const uint64_t value = kBorders[below(std::size(kBorders))] + below(3) - 1;
    std::string text;
    const int width = 1 << random_.below(4);
    for (int i = 0; i < width; ++i) text.push_back(char(value >> 8 * i));
    if (random_.below(2)) std::reverse(text.begin(), text.end());
    return text;
  }

  // The next written number becomes another.
  void digits(size_t at) {
    const char* kNumbers[] = {"0",       "-1",   "1e308", "1e999", "-0",   "2147483648",
                              "1e-400",  "NaN",  "0.1",   "65536", "1e18", "9223372036854775808",
                              "1000000", "null", "\"\"",  "[]",    "{}",   "18446744073709551616"};
    const size_t first = bytes_.find_first_of("0123456789", at);
    if (first == std::string::npos) return;
    const size_t end = std::min(bytes_.find_first_not_of("0123456789.eE+-", first), bytes_.size());
    bytes_.replace(first, end - first, kNumbers[below(std::size(kNumbers))]);
  }

  const Target& target_;
  base::RandomSequence random_;
  std::string bytes_;
};

}  // namespace

std::string mutated(const Target& target, uint64_t number) {
  return Mutator(target, number).make();
}

}  // namespace fuzz
