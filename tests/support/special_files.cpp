#include "tests/support/special_files.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <stdexcept>

namespace tests {
namespace {

constexpr unsigned kMemory = 1;  // the driver of both

bool make_node(const std::filesystem::path& path, mode_t kind, dev_t device) {
  if (::mknod(path.c_str(), kind | 0666, device) == 0) return true;
  static bool told = false;
  if (!told) std::cout << "device nodes: not tried, mknod says: " << std::strerror(errno) << "\n";
  told = true;
  return false;
}

}  // namespace

bool make_device(const std::filesystem::path& path) {
  constexpr unsigned kNull = 3;
  return make_node(path, S_IFCHR, makedev(kMemory, kNull));
}

bool make_full_device(const std::filesystem::path& path) {
  constexpr unsigned kFull = 7;
  return make_node(path, S_IFCHR, makedev(kMemory, kFull));
}

bool make_block_device(const std::filesystem::path& path) {
  constexpr unsigned kUnused = 250, kNobody = 77;
  return make_node(path, S_IFBLK, makedev(kUnused, kNobody));
}

void make_pipe(const std::filesystem::path& path) {
  if (::mkfifo(path.c_str(), 0600) != 0) throw std::runtime_error("mkfifo failed");
}

void make_socket(const std::filesystem::path& path) {
  const int file = ::socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un name{.sun_family = AF_UNIX, .sun_path = {}};
  path.string().copy(name.sun_path, sizeof name.sun_path - 1);
  const bool good = ::bind(file, reinterpret_cast<const sockaddr*>(&name), sizeof name) == 0;
  ::close(file);
  if (!good) throw std::runtime_error("no socket at " + path.string());
}

}  // namespace tests
