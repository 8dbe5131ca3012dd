// New image files of a folder.
#pragma once
#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace tools {

class FolderWatch {
 public:
  // Watches from now on. `stopped` is asked while nothing happens. Error(data): not a folder that
  // can be read; Error(resources): the system has no watch left.
  FolderWatch(std::string folder, std::function<bool()> stopped);
  ~FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  // Paths of .jpg, .jpeg and .png files that a program finished writing or moved into the folder
  // itself; at least one and at most `most`, none when it was stopped. Hidden files, whose names
  // begin with a dot, are passed over. If so many files come that the system forgets some, the
  // folder is looked through for what has changed; a file may then be given twice. Error(data): the
  // folder is gone.
  std::vector<std::string> next(size_t most);

 private:
  void read_events();
  void add(const std::string& name);
  void look_through();

  const std::string folder_;
  const std::function<bool()> stopped_;
  int events_ = -1;                  // file descriptor
  std::deque<std::string> pending_;  // names; as many as one read gave
  bool gone_ = false;
  std::chrono::system_clock::time_point looked_;  // all that changed before was given
};

}  // namespace tools
