// Files and folders that the system does not permit to look at or to read.
#pragma once
#include <filesystem>
#include <string>

#include "engine/base/error.h"

namespace base {

// Says what the rights of a path forbid: that a folder above it may not be entered, or that the
// path is a folder whose files may not be listed. Empty if nothing is forbidden, also if nothing is
// there. The rights to read a file are seen by opening it.
std::string forbidden_in_words(const std::filesystem::path&);

// Throws an error with these words. Call it before you report that a file does not exist, because a
// file in a folder that may not be entered seems not to exist, too.
void require_permitted(const std::filesystem::path&, ExitCode code = ExitCode::data);

}  // namespace base
