// The ranges of keys whose values programs and the library take as options, too.
#pragma once
#include "engine/base/interval.h"

namespace config::limits {

inline constexpr base::Interval batch_size = base::between(1, 65536);  // images
inline constexpr base::Interval threads = base::between(0, 1024);      // 0: one per core
inline constexpr base::Interval memory_gib = base::between(0, 65536);  // 0: most of what is free
inline constexpr base::Interval ranks = base::between(1, 4096);
inline constexpr base::Interval score = base::between(0, 1);
inline constexpr base::Interval overlap = base::between(0, 1);    // an IoU
inline constexpr base::Interval boxes = base::between(1, 10000);  // of an image

}  // namespace config::limits
