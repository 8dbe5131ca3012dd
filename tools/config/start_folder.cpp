#include "tools/config/start_folder.h"

#include <filesystem>

#include "engine/base/text.h"

namespace config {

namespace fs = std::filesystem;

std::string start_folder_in_words(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    std::error_code unknown;
    fs::path place = path;
    if (path.find_first_of("*?[") != path.npos) place = place.parent_path();  // of a glob
    if (place.empty() || place.is_absolute() || fs::exists(place, unknown)) continue;
    return "; " + base::printable_path(path) + " is relative to the folder in which the program " +
           "was started, " + base::printable_path(fs::current_path(unknown).string()) +
           ": start it in the folder in which this path is right, or give a full path";
  }
  return {};
}

}  // namespace config
