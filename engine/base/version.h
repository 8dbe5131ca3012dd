// From what, and with what, this program was built.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace base {

// ("version", "0.1.0"), ("git", hash), ("compiler", ...), and each library with its version or
// "no".
std::vector<std::pair<std::string, std::string>> version_parts();

// The text of --version: "ssdtrain 0.1.0 (git 0123456789ab)" and a line per library.
std::string version_text(const std::string& program);

}  // namespace base
