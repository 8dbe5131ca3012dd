// Reads and writes a test's files as a whole.
#pragma once
#include <filesystem>
#include <string>

namespace tests {

// Returns the bytes of a file; none if it cannot be read.
std::string text_of(const std::filesystem::path& path);

// Writes the bytes; replaces a file that exists.
void write_text(const std::filesystem::path& path, const std::string& bytes);

}  // namespace tests
