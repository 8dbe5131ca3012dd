// Reads whole files, and checks names of files that come from untrusted annotations.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace base {

// The bytes of a regular file. Throws Error(data) if it does not exist, cannot be read, has more
// than max_bytes, or is not a regular file.
std::vector<uint8_t> read_file(const std::filesystem::path&, uint64_t max_bytes);

// Returns folder/file_name, for a name from an annotation file. Throws Error(data) if the name is
// empty, absolute or longer than 4096 bytes, if it has ".." or a NUL, or if a symbolic link leads
// out of the folder.
std::filesystem::path safe_join(const std::filesystem::path& folder, const std::string& file_name);

// The same for a file that will be written. The last part of the path may be a link that leads out
// of the folder, because AtomicFile replaces the link and does not follow it. Throws Error(data)
// also if the name ends in "/" or ".".
std::filesystem::path safe_output(const std::filesystem::path& folder,
                                  const std::string& file_name);

}  // namespace base
