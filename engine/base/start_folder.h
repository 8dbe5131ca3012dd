// Where relative paths begin, for errors about paths that lead to nothing.
#pragma once
#include <string>

namespace base {

// Whether a path leads to nothing. For a glob, the folder before its pattern is looked at.
bool leads_to_nothing(const std::string& path);

// If the path is relative and leads to nothing, "; PATH is relative to the folder in which the
// program was started, FOLDER: ..." with what to do; else empty.
std::string start_folder_in_words(const std::string& path);

// If the folder in which the program was started is removed by now, so that relative paths lead
// nowhere: "; the working folder was removed: ..." with what to do; else empty.
std::string removed_folder_in_words();

}  // namespace base
