// Whole files in, and names of files that come from untrusted annotations.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace base {

// Bytes of a regular file of at most max_bytes. Error(data): absent, unreadable, larger, or no
// file.
std::vector<uint8_t> read_file(const std::filesystem::path&, uint64_t max_bytes);

// folder/file_name for a name out of an annotation file. Error(data): empty, absolute, with "..", a
// NUL, longer than 4096 bytes, or leading outside the folder through a symbolic link.
std::filesystem::path safe_join(const std::filesystem::path& folder, const std::string& file_name);

}  // namespace base
