#include "engine/base/unfinished_files.h"

#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <map>
#include <set>
#include <string_view>

#include "engine/base/atomic_file.h"
#include "engine/base/tell.h"
#include "engine/base/text.h"

namespace base {

namespace fs = std::filesystem;

namespace {

bool has_ended(pid_t process) {
  return process == ::getpid() || (::kill(process, 0) != 0 && errno == ESRCH);
}

}  // namespace

UnfinishedFile unfinished_file(const std::string& file_name) {
  const size_t mark = file_name.rfind(kTemporaryMark);
  if (mark == std::string::npos) return {file_name, 0};
  const char* number = file_name.data() + mark + std::string_view(kTemporaryMark).size();
  const char* end = file_name.data() + file_name.size();
  pid_t process = 0;
  const auto [rest, error] = std::from_chars(number, end, process);
  const bool whole = error == std::errc() && rest == end && process > 0;
  return whole ? UnfinishedFile{file_name.substr(0, mark), process} : UnfinishedFile{file_name, 0};
}

void tell_unfinished(const std::vector<fs::path>& outputs) {
  std::map<fs::path, std::set<std::string>> names;  // by folder
  for (const fs::path& path : outputs) {
    names[path.has_parent_path() ? path.parent_path() : "."].insert(path.filename().string());
  }
  std::string first;
  int64_t count = 0;
  bool all_ended = true;
  for (const auto& [folder, written] : names) {
    std::error_code unknown;
    for (fs::directory_iterator at(folder, unknown), end; !unknown && at != end;
         at.increment(unknown)) {
      const UnfinishedFile file = unfinished_file(at->path().filename().string());
      if (file.process == 0 || !written.contains(file.name)) continue;
      if (count++ == 0) first = at->path().string();
      all_ended = all_ended && has_ended(file.process);
    }
  }
  if (count == 0) return;
  const bool one = count == 1;
  const std::string it = one ? "it" : "them",
                    files = printable(first) +
                            (one ? " is" : " and " + std::to_string(count - 1) + " more are");
  tell(all_ended ? "note: " + files + " left of a program that was killed while it wrote; remove " +
                       it + " if no program of another machine writes there now"
                 : "note: " + files +
                       " being written by another program, or left of one that was killed; "
                       "remove " +
                       it + " if no program writes there now");
}

int remove_unfinished(const fs::path& folder) {
  std::vector<fs::path> left;
  std::error_code unknown;
  for (fs::directory_iterator at(folder, unknown), end; !unknown && at != end;
       at.increment(unknown)) {
    const pid_t process = unfinished_file(at->path().filename().string()).process;
    if (process > 0 && has_ended(process)) left.push_back(at->path());
  }
  int removed = 0;
  for (const fs::path& path : left)
    if (std::error_code failed; fs::remove(path, failed)) ++removed;
  return removed;
}

}  // namespace base
