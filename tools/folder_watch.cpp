#include "tools/folder_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "engine/base/error.h"
#include "engine/base/text.h"
#include "tools/image_files.h"

namespace tools {

namespace fs = std::filesystem;
using base::ExitCode, base::fail;

namespace {

constexpr uint32_t kFinished = IN_CLOSE_WRITE | IN_MOVED_TO;
constexpr uint32_t kGone = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED;

std::chrono::system_clock::time_point changed(const struct stat& status) {
  return std::chrono::system_clock::time_point(
      std::chrono::seconds(status.st_ctim.tv_sec) +
      std::chrono::duration_cast<std::chrono::system_clock::duration>(
          std::chrono::nanoseconds(status.st_ctim.tv_nsec)));
}

}  // namespace

FolderWatch::FolderWatch(std::string folder, std::function<bool()> stopped)
    : folder_(std::move(folder)),
      stopped_(std::move(stopped)),
      events_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      looked_(std::chrono::system_clock::now()) {
  const std::string name = base::printable(folder_);
  if (events_ < 0)
    fail(ExitCode::resources, "--watch: ", name, ": no watch can be made: ", std::strerror(errno));
  constexpr uint32_t kMask = kFinished | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
  if (::inotify_add_watch(events_, folder_.c_str(), kMask) >= 0) return;
  const int error = errno;
  ::close(events_);
  fail(error == ENOSPC ? ExitCode::resources : ExitCode::data, "--watch: ", name, ": ",
       error == ENOTDIR ? "is not a folder" : std::strerror(error));
}

FolderWatch::~FolderWatch() { ::close(events_); }

std::vector<std::string> FolderWatch::next(size_t most) {
  constexpr int kPatience = 100;  // ms between two looks at `stopped`
  while (pending_.empty()) {
    if (stopped_()) return {};
    if (gone_)
      fail(ExitCode::data, "--watch: ", base::printable(folder_), " was removed or moved away");
    pollfd file{events_, POLLIN, 0};
    if (::poll(&file, 1, kPatience) > 0) read_events();
  }
  std::vector<std::string> paths;
  while (paths.size() < most && !pending_.empty()) {
    paths.push_back((fs::path(folder_) / pending_.front()).string());
    pending_.pop_front();
  }
  return paths;
}

// Called when all earlier names were given, so that what is kept here stays small; the system's own
// queue is bounded.
void FolderWatch::read_events() {
  alignas(inotify_event) char bytes[1 << 16];
  const auto now = std::chrono::system_clock::now();
  const ssize_t count = ::read(events_, bytes, sizeof bytes);
  bool lost = false;
  for (ssize_t at = 0; at < count;) {
    const auto* event = reinterpret_cast<const inotify_event*>(bytes + at);
    at += ssize_t(sizeof(inotify_event) + event->len);
    lost |= (event->mask & IN_Q_OVERFLOW) != 0;
    gone_ |= (event->mask & kGone) != 0;
    if ((event->mask & kFinished) && !(event->mask & IN_ISDIR) && event->len > 0) add(event->name);
  }
  if (lost) look_through();
  looked_ = now;
}

void FolderWatch::add(const std::string& name) {
  const bool known = std::find(pending_.begin(), pending_.end(), name) != pending_.end();
  if (!name.starts_with('.') && is_image_name(name) && !known) pending_.push_back(name);
}

void FolderWatch::look_through() {
  constexpr std::chrono::seconds kMargin(5);  // clocks of file systems are coarse
  std::error_code error;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    struct stat status;
    if (::stat(at->path().c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    if (changed(status) >= looked_ - kMargin) add(at->path().filename().string());
  }
}

}  // namespace tools
