// Where relative paths of a configuration begin, for errors about them.
#pragma once
#include <string>
#include <vector>

#include "engine/base/error.h"

namespace config {

// Whether a path leads to nothing. Of a glob, its folder is meant.
bool leads_to_nothing(const std::string& path);

// If one of these paths is relative and leads to nothing, says so with the folder in which the
// program was started; else empty.
std::string start_folder_in_words(const std::vector<std::string>& paths);

// Calls `open`. Adds start_folder_in_words() to its errors.
template <class Open> auto with_start_folder(const std::vector<std::string>& paths, Open open) {
  try {
    return open();
  } catch (const base::Error& error) {
    const std::string words = start_folder_in_words(paths);
    if (words.empty()) throw;
    base::fail(error.code(), error.what(), words);
  }
}

}  // namespace config
