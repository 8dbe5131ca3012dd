// Keeps a file that is about to be written anew under another name.
#pragma once
#include <string>

namespace base {

// Renames the file `path` to PATH.WHY, such as "metrics.json.damaged". If that name is taken, the
// new name is PATH.WHY.2, and so on. Returns the new path. Throws Error(data), with path and
// reason, if that fails; the file then keeps its name.
std::string set_aside(const std::string& path, const std::string& why);

// The name that set_aside() would give the file. Changes nothing.
std::string free_name(const std::string& path, const std::string& why);

}  // namespace base
