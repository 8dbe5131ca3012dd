// Device nodes, pipes and sockets of the tests' own, never the machine's.
#pragma once
#include <filesystem>

namespace tests {

// Nodes like /dev/null, like /dev/full, and like a disk that nobody has. False where mknod is not
// allowed, which is said once.
bool make_device(const std::filesystem::path& path);
bool make_full_device(const std::filesystem::path& path);
bool make_block_device(const std::filesystem::path& path);
void make_pipe(const std::filesystem::path& path);
void make_socket(const std::filesystem::path& path);

}  // namespace tests
