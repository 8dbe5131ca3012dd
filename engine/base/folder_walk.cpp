#include "engine/base/folder_walk.h"

#include <utility>
#include <vector>

#include "engine/base/counted.h"
#include "engine/base/text.h"

namespace base {

namespace fs = std::filesystem;

void UnseenFolders::add(const fs::path& folder, const std::error_code& why) {
  if (count++ == 0) first = printable(folder.string(), 200) + ": " + why.message();
}

std::string UnseenFolders::in_words() const {
  if (count == 0) return {};
  return counted(count, "folder") + " could not be looked at, " +
         (count == 1 ? "" : "the first: ") + first;
}

namespace {

// The listing of the folder above tells what the entry is. (Its path may be too long to ask for
// it.) At the root of a disk, lost+found belongs to the file system.
bool is_own_folder(const fs::directory_entry& entry) {
  std::error_code unknown;
  return !entry.is_symlink(unknown) && entry.is_directory(unknown) &&
         entry.path().filename() != "lost+found";
}

}  // namespace

UnseenFolders walk(const fs::path& folder, bool with_folders, const Visit& visit,
                   const Visit& enters) {
  UnseenFolders unseen;
  std::vector<fs::path> left{folder};
  while (!left.empty()) {
    const fs::path next = std::move(left.back());
    left.pop_back();
    std::error_code error;
    fs::directory_iterator at(next, error);
    for (; !error && at != fs::directory_iterator(); at.increment(error)) {
      if (!visit(*at)) return unseen;
      if (with_folders && is_own_folder(*at) && (!enters || enters(*at)))
        left.push_back(at->path());
    }
    const bool absent =
        error == std::errc::no_such_file_or_directory || error == std::errc::not_a_directory;
    if (error && !(absent && next == folder)) unseen.add(next, error);
  }
  return unseen;
}

}  // namespace base
