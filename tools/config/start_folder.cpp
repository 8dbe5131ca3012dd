#include "tools/config/start_folder.h"

#include <filesystem>

#include "engine/base/text.h"

namespace config {

namespace fs = std::filesystem;

bool leads_to_nothing(const std::string& path) {
  std::error_code unknown;
  fs::path place = path;
  if (path.find_first_of("*?[") != path.npos) place = place.parent_path();
  return !place.empty() && !fs::exists(place, unknown);
}

std::string start_folder_in_words(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (fs::path(path).is_absolute() || !leads_to_nothing(path)) continue;
    std::error_code unknown;
    return "; " + base::printable_path(path) + " is relative to the folder in which the program " +
           "was started, " + base::printable_path(fs::current_path(unknown).string()) +
           ": start it in the folder in which this path is right, or give a full path";
  }
  return {};
}

}  // namespace config
