// Numbers of things in messages.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace base {

// "1 image", "2 images", "0 boxes", "3 entries". The noun is in the singular; it may have words
// before it, as "label file".
std::string counted(int64_t count, std::string_view noun);
// The noun alone, in the singular or plural that the count asks for.
std::string noun_for(int64_t count, std::string_view noun);

}  // namespace base
