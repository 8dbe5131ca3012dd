#include "tools/run/throughput.h"

#include <fmt/format.h>

#include "engine/base/counted.h"

namespace run {

std::string speed_in_words(size_t images, double seconds) {
  return fmt::format("{} in {:.2f} s, {:.1f} images/s", base::counted(int64_t(images), "image"),
                     seconds, double(images) / std::max(seconds, 1e-9));
}

}  // namespace run
