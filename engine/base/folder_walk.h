// Walks through a folder, and notes what of it could not be looked at.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <system_error>

namespace base {

// Folders that could not be listed, or not to their end.
struct UnseenFolders {
  int64_t count = 0;
  std::string first;  // with the reason

  void add(const std::filesystem::path& folder, const std::error_code& why);
  // "2 folders could not be looked at, the first: a/b: Permission denied"; empty if there is none.
  std::string in_words() const;
};

// Calls `visit` for each entry of the folder and, if `with_folders`, of those below it, until it
// returns false. Links to folders are entries, and are not followed. A folder that cannot be listed
// does not end the walk. If `folder` does not exist, or is no folder, there is nothing to visit. A
// folder for which `enters` returns false is visited, but what is below it is not.
using Visit = std::function<bool(const std::filesystem::directory_entry&)>;
UnseenFolders walk(const std::filesystem::path& folder, bool with_folders, const Visit& visit,
                   const Visit& enters = nullptr);

}  // namespace base
