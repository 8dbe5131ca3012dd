// Watches a folder for new image files.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

struct inotify_event;

namespace tools {

// docs/detections.md lists the rules by which no file is lost. The memory of this object grows with
// the number of images that are in the folder, and not with the number of those that have ever come
// there.
class FolderWatch {
 public:
  // Watches from now on. `stopped` is asked while nothing happens. Throws Error(data) if this is
  // not a folder that can be read, and Error(resources) if the system has no watch left.
  FolderWatch(std::string folder, std::function<bool()> stopped);
  ~FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  // Waits for new images, and returns the paths of at least one and at most `most`, or none if it
  // was stopped. New images are .jpg, .jpeg and .png files that a program has finished writing, has
  // moved into the folder or has linked there. Hidden files, whose names begin with a dot, are left
  // out. If so many files come that the system forgets some, this compares the folder with the
  // files that it has returned; a file may then be returned twice. Throws Error(data) if the folder
  // is gone or cannot be read any more.
  std::vector<std::string> next(size_t most);

  // The number of images that lay in the folder when the watch began. next() does not give them.
  size_t present_at_start() const { return present_at_start_; }

 private:
  using Time = std::chrono::system_clock::time_point;
  struct Descriptor {
    int number = -1;
    ~Descriptor();
  };
  // The content for which a name stands.
  struct Version {
    uint64_t inode = 0;
    int64_t bytes = 0;
    Time changed;
    bool operator==(const Version&) const = default;
  };
  struct Given {
    Version version;
    bool settled = false;  // whether every later version will have a later time
  };

  static std::optional<Version> version_of(const std::string& path);  // none: no regular file
  static bool settled(const Version&, Time seen);
  std::string path_of(const std::string& name) const;
  std::unordered_map<std::string, Version> list() const;
  void read_events();
  void take(const inotify_event&);
  void add(const std::string& name);
  void look_through();

  const std::string folder_;
  const std::function<bool()> stopped_;
  const Descriptor events_;
  std::deque<std::string> pending_;               // names that `next` will give
  std::unordered_set<std::string> waiting_;       // the same names
  std::unordered_map<std::string, Given> given_;  // by name, with what was there at the start
  size_t present_at_start_ = 0;
  Time complete_;      // all events before this were read
  bool lost_ = false;  // whether the system has forgotten events
  bool gone_ = false;  // whether the folder is gone
};

}  // namespace tools
