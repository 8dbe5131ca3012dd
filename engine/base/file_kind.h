// What a path leads to, before anyone opens it.
#pragma once
#include <sys/types.h>

#include <compare>
#include <filesystem>
#include <optional>
#include <string>

namespace base {

enum class FileKind {
  absent,
  regular,
  folder,
  stream,  // pipe, character device, or an open descriptor such as /dev/stdout
  other    // block device, socket, a link to nothing
};

// Equal for all names, links and spellings of one file.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;
  auto operator<=>(const FileIdentity&) const = default;
};

struct FileState {
  FileKind kind = FileKind::absent;
  FileIdentity identity;
  std::string words;  // "a folder", "a pipe": for messages
};

// Symbolic links are followed. Error(data): the system does not let us look.
FileState look_at(const std::filesystem::path& path);

// What fstat says of a file, in words: "a pipe".
const char* kind_in_words(mode_t mode);

// The open descriptor that a path such as /dev/stdout or /proc/self/fd/3 stands for.
std::optional<int> descriptor_named(std::filesystem::path path);
bool is_standard_output(const std::filesystem::path& path);

}  // namespace base
