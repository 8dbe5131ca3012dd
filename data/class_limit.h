// How many classes a data set may have.
#pragma once
#include <cstddef>
#include <string>

#include "engine/base/error.h"

namespace data {

// Training and evaluation take no more, and a reader of class names refuses more.
inline constexpr size_t kMostClasses = 10'000;

inline constexpr const char* kNoCategories =
    "no categories, expected the names of the classes, at least one";

inline std::string too_many_classes_in_words(size_t classes) {
  return base::concatenate(classes, " classes, of which training and evaluation take at most ",
                           kMostClasses, "; leave some out, or put several into one");
}

}  // namespace data
