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

// The same for a file that is going to be written. A link at the very end is no way out: AtomicFile
// replaces it, and what it leads to stays. Error(data) also for a name that ends in "/" or ".".
std::filesystem::path safe_output(const std::filesystem::path& folder,
                                  const std::string& file_name);

}  // namespace base
