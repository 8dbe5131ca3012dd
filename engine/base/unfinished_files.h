// Temporary files and folders that programs have left that were killed while they wrote.
#pragma once
#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace base {

struct UnfinishedFile {
  std::string name;   // that it would have got
  pid_t process = 0;  // that wrote it; 0: this is no temporary file
};
// Takes the name of a file apart, as AtomicFile makes it.
UnfinishedFile unfinished_file(const std::string& file_name);

// A note on stderr names those of these outputs.
void tell_unfinished(const std::vector<std::filesystem::path>& outputs);

// Removes those in a folder whose program has ended, and returns their number. No other program may
// write into the folder whose process is not of this machine. Files of this very process's number
// count as left, too, because containers use few numbers: call it before you write there.
int remove_unfinished(const std::filesystem::path& folder);

}  // namespace base
