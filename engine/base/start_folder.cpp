#include "engine/base/start_folder.h"

#include <filesystem>

#include "engine/base/text.h"

namespace base {

namespace fs = std::filesystem;

bool leads_to_nothing(const std::string& path) {
  std::error_code unknown;
  fs::path place = path;
  if (path.find_first_of("*?[") != path.npos) place = place.parent_path();
  return !place.empty() && !fs::exists(place, unknown) && !unknown;
}

std::string start_folder_in_words(const std::string& path) {
  std::error_code unknown;
  if (path.find("://") != path.npos)
    return "; " + printable_path(path) +
           " is an address, and nothing is downloaded: fetch it, and " +
           "give the path of the file";
  if (fs::path(path).is_absolute() || !leads_to_nothing(path)) return {};
  const fs::path start = fs::current_path(unknown);
  if (unknown) return {};  // it was removed, which every program says
  return "; " + printable_path(path) + " is relative to the folder in which the program was " +
         "started, " + printable_path(start.string()) +
         ": start it in the folder in which this path is right, or give a full path";
}

std::string removed_folder_in_words() {
  std::error_code error;
  const fs::path folder = fs::current_path(error);
  if (!folder.empty() || error != std::errc::no_such_file_or_directory) return {};
  return "; the working folder was removed: go to a folder that exists, or give full paths";
}

}  // namespace base
