// Finds out what a path leads to, without opening it.
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
  other    // block device, socket, or a link to nothing
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
  std::string words;  // for messages, such as "a folder" or "a pipe"
};

// Looks at the file to which the path leads, and follows symbolic links. Throws Error(data) if the
// system does not permit it.
FileState look_at(const std::filesystem::path& path);

// The kind of a file for messages, such as "a pipe". `mode` is that of stat().
const char* kind_in_words(mode_t mode);

// The open descriptor for which a path such as /dev/stdout or /proc/self/fd/3 stands, if any.
std::optional<int> descriptor_named(std::filesystem::path path);
bool is_standard_output(const std::filesystem::path& path);

}  // namespace base
