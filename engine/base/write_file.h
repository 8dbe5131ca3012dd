// Writes whole files. Each appears whole or not at all. AtomicFile says what happens to pipes,
// devices and links, and what WriteOptions mean.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/atomic_file.h"

namespace base {

// Creates the file or replaces it. Errors are those of AtomicFile.
void write_file(const std::filesystem::path&, std::span<const uint8_t> bytes, WriteOptions = {});
void write_file(const std::filesystem::path&, std::string_view text, WriteOptions = {});

// Writes what `write` puts into the stream, in pieces of a megabyte.
void write_file(const std::filesystem::path&, const std::function<void(std::ostream&)>& write,
                WriteOptions = {});

// Writes files that belong together, so that files of two calls never lie side by side. When all
// new files are whole under temporary names, the old files of these names are removed, and then the
// new ones get the names. If the program is killed in between, files are missing. Signals that can
// be caught wait until all files have their names.
struct FileToWrite {
  std::filesystem::path path;
  std::function<void(std::ostream&)> write;
};
void write_together(const std::vector<FileToWrite>&, const WriteOptions& = {});

// Creates the folder `path` and those above it. Throws Error(data) if that fails.
void create_folders(const std::filesystem::path& path);

// The options for a file that is one of many and can be made again.
inline WriteOptions not_durable() { return {.durable = false}; }

}  // namespace base
