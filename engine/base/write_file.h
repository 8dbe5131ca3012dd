// Whole files out. Each appears whole or not at all; AtomicFile says what happens to pipes, devices
// and links, and what WriteOptions promise.
#pragma once
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/atomic_file.h"

namespace base {

// Creates or replaces. Errors: as AtomicFile.
void write_file(const std::filesystem::path&, std::span<const uint8_t> bytes, WriteOptions = {});
void write_file(const std::filesystem::path&, std::string_view text, WriteOptions = {});

// The same for what `write` puts into the stream, in pieces of a megabyte.
void write_file(const std::filesystem::path&, const std::function<void(std::ostream&)>& write,
                WriteOptions = {});

// Folders up to `path`. Error(data): one cannot be created.
void create_folders(const std::filesystem::path& path);

// Of a file that is one of many and can be made again.
inline WriteOptions not_durable() { return {.durable = false}; }

}  // namespace base
