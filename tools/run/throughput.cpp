#include "tools/run/throughput.h"

#include <fmt/format.h>

namespace run {

std::string speed_in_words(size_t images, double seconds) {
  return fmt::format("{} image{} in {:.2f} s, {:.1f} images/s", images, images == 1 ? "" : "s",
                     seconds, double(images) / std::max(seconds, 1e-9));
}

}  // namespace run
