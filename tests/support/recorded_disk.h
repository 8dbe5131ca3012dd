// A model of a disk that loses power: records what a program asks of the file system, and makes up
// every content the disk may have afterwards.
#pragma once
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "engine/base/atomic_file.h"

namespace tests {

using Files = std::map<std::string, std::string>;  // name in the folder -> bytes

class RecordedDisk {
 public:
  // Calls work on `folder` for real, too. What lies there already is taken to be durable.
  explicit RecordedDisk(std::filesystem::path folder);
  base::FileCalls calls(bool hard_links = true);

  // The calls so far, as "create a", "write a", "sync a", "sync folder", "link a b", "rename a b",
  // "unlink a"; process ids are taken off.
  std::vector<std::string> words() const;
  size_t size() const { return operations_.size(); }
  size_t syncs() const;

  // Calls visit(n, files) for every state after a power loss within or after the first n
  // operations, n = 0 .. size(). Changes of names since the folder was synced are there in any
  // subset, a rename as a whole. Bytes since the file was synced are there, or missing, or zeros;
  // or the last write ends at a multiple of 512 bytes. `ignored_sync`: that one has no effect; -1:
  // all have.
  void crash_states(int ignored_sync, const std::function<void(size_t, const Files&)>& visit) const;

 private:
  enum class Kind { create, write, sync, sync_folder, link, rename, unlink };
  struct Operation {
    Kind kind;
    int file = -1;  // identity of the bytes, whatever their name
    std::string from, to, bytes;
  };
  struct Disk;
  std::string name_of(const char* path) const;

  std::filesystem::path folder_;
  Files first_;
  std::map<std::string, int> names_;   // now
  std::map<int, std::string> opened_;  // descriptor -> name; "" is the folder
  std::map<int, int> file_of_;         // descriptor -> identity
  int next_file_ = 0;
  std::vector<Operation> operations_;
};

}  // namespace tests
