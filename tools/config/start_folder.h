// Where relative paths of a configuration begin, for errors about them.
#pragma once
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/start_folder.h"

namespace config {

// Calls `open`. If it fails, and one of these paths is relative and leads to nothing, adds the
// folder in which the program was started to the error, unless it names that already.
template <class Open> auto with_start_folder(const std::vector<std::string>& paths, Open open) {
  try {
    return open();
  } catch (const base::Error& error) {
    std::string words;
    for (const std::string& path : paths)
      if (words.empty()) words = base::start_folder_in_words(path);
    if (words.empty() || std::string(error.what()).find(words) != std::string::npos) throw;
    base::fail(error.code(), error.what(), words);
  }
}

}  // namespace config
