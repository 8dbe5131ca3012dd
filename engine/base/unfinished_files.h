// Temporary files and folders that killed programs have left.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace base {

struct UnfinishedFile {
  std::string name;   // the name that the finished file would have
  pid_t process = 0;  // the process that wrote it; 0 if this is no temporary file
};
// Parses the name of a temporary file, which has the form that AtomicFile gives it.
UnfinishedFile unfinished_file(const std::string& file_name);

// Lists the unfinished files of these outputs in a note on stderr.
void tell_unfinished(const std::vector<std::filesystem::path>& outputs);

// Removes the unfinished files in a folder whose process has ended, and returns how many. No
// program on another machine may write into the folder. A file with the number of this very process
// is removed, too, because containers soon give the same numbers again. So call this before you
// write there.
int remove_unfinished(const std::filesystem::path& folder);

}  // namespace base
