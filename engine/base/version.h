// What this program was built from and with.
#pragma once
#include <string>
#include <utility>
#include <vector>

namespace base {

// ("version", "0.1.0"), ("git", hash), ("compiler", ...), and of each library its version or "no".
std::vector<std::pair<std::string, std::string>> version_parts();

// For --version: "ssdtrain 0.1.0 (git 0123456789ab)" and a line per library.
std::string version_text(const std::string& program);

}  // namespace base
