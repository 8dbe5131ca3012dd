// Whole files in and out, and names of files that come from untrusted annotations.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

namespace base {

// Bytes of a regular file of at most max_bytes. Error(data): absent, unreadable, larger, or no
// file.
std::vector<uint8_t> read_file(const std::filesystem::path&, uint64_t max_bytes);

// Creates or overwrites. Error(failed) when not everything could be written.
void write_file(const std::filesystem::path&, std::span<const uint8_t> bytes);
void write_file(const std::filesystem::path&, const std::string& text);

// The file appears whole or not at all: what `write` puts into the stream lies beside it until it
// is complete. Error(data) when not everything could be written.
void write_whole_file(const std::string& path, const std::function<void(std::ostream&)>& write);

// folder/file_name for a name out of an annotation file. Error(data): empty, absolute, with "..", a
// NUL, longer than 4096 bytes, or leading outside the folder through a symbolic link.
std::filesystem::path safe_join(const std::filesystem::path& folder, const std::string& file_name);

}  // namespace base
