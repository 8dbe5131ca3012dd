#include "tools/detect/folder_watch.h"

#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstring>
#include <filesystem>

#include "data/image_folder.h"
#include "engine/base/error.h"
#include "engine/base/start_folder.h"
#include "engine/base/text.h"
#include "tools/image_files.h"

namespace tools {

namespace fs = std::filesystem;
using base::ExitCode, base::fail;

namespace {

constexpr uint32_t kFinished = IN_CLOSE_WRITE | IN_MOVED_TO;
constexpr uint32_t kLeft = IN_DELETE | IN_MOVED_FROM;
constexpr uint32_t kGone = IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED;

bool is_wanted(const std::string& name) {
  return !data::is_hidden(name) && data::names_image(name);
}

// A new file gets its content after its name. A link has it at once, and no other event follows.
bool is_link(const std::string& path) {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0 &&
         (S_ISLNK(status.st_mode) || (S_ISREG(status.st_mode) && status.st_nlink > 1));
}

}  // namespace

FolderWatch::FolderWatch(std::string folder, std::function<bool()> stopped)
    : folder_(std::move(folder)),
      stopped_(std::move(stopped)),
      events_{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)},
      complete_(std::chrono::system_clock::now()) {
  const std::string name = base::printable(folder_);
  if (events_.number < 0)
    fail(ExitCode::resources, "--watch: ", name, ": no watch can be made: ", std::strerror(errno));
  constexpr uint32_t kMask =
      kFinished | kLeft | IN_CREATE | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
  if (::inotify_add_watch(events_.number, folder_.c_str(), kMask) < 0)
    fail(errno == ENOSPC ? ExitCode::resources : ExitCode::data, "--watch: ", name, ": ",
         errno == ENOTDIR ? "is not a folder" : std::strerror(errno),
         base::start_folder_in_words(folder_));
  // After the watch began, so that every file is in the list, or has an event, or both.
  for (const auto& [file, version] : list())
    given_.emplace(file, Given{version, settled(version, complete_)});
  present_at_start_ = given_.size();
}

FolderWatch::~FolderWatch() = default;

FolderWatch::Descriptor::~Descriptor() {
  if (number >= 0) ::close(number);
}

std::string FolderWatch::path_of(const std::string& name) const {
  return (fs::path(folder_) / name).string();
}

std::optional<FolderWatch::Version> FolderWatch::version_of(const std::string& path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return {};
  const auto changed = std::chrono::seconds(status.st_ctim.tv_sec) +
                       std::chrono::nanoseconds(status.st_ctim.tv_nsec);
  return Version{status.st_ino, status.st_size,
                 Time(std::chrono::duration_cast<Time::duration>(changed))};
}

bool FolderWatch::settled(const Version& version, Time seen) {
  constexpr std::chrono::seconds kMargin(2);  // clocks of file systems are coarse
  return version.changed < seen - kMargin;
}

std::unordered_map<std::string, FolderWatch::Version> FolderWatch::list() const {
  std::unordered_map<std::string, Version> files;
  std::error_code error;
  for (fs::directory_iterator at(folder_, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!is_wanted(name)) continue;
    if (const auto version = version_of(path_of(name))) files.emplace(name, *version);
  }
  if (error)
    fail(ExitCode::data, "--watch: ", base::printable(folder_),
         ": cannot be read: ", error.message());
  return files;
}

std::vector<std::string> FolderWatch::next(size_t most) {
  constexpr int kPatience = 100;  // ms between two looks at `stopped`
  while (pending_.empty()) {
    if (stopped_()) return {};
    if (gone_)
      fail(ExitCode::data, "--watch: ", base::printable(folder_), " was removed or moved away");
    pollfd file{events_.number, POLLIN, 0};
    if (::poll(&file, 1, kPatience) > 0) read_events();
  }
  std::vector<std::string> paths;
  while (paths.size() < most && !pending_.empty()) {
    const std::string name = std::move(pending_.front());
    pending_.pop_front();
    waiting_.erase(name);
    paths.push_back(path_of(name));
    const Time now = std::chrono::system_clock::now();
    // Notes the version before the image is read, so what is read is this version or a newer one.
    if (const auto version = version_of(paths.back()))
      given_[name] = {*version, settled(*version, now)};
  }
  return paths;
}

// Reads the waiting events. It is called only when all earlier names were given, so that the list
// here stays small. The system's own queue is bounded.
void FolderWatch::read_events() {
  constexpr size_t kLongestEvent = sizeof(inotify_event) + NAME_MAX + 1;
  alignas(inotify_event) char bytes[1 << 16];
  const Time now = std::chrono::system_clock::now();
  const ssize_t count = ::read(events_.number, bytes, sizeof bytes);
  if (count < 0 && errno != EINTR && errno != EAGAIN)
    fail(ExitCode::data, "--watch: ", base::printable(folder_), ": ", std::strerror(errno));
  if (count < 0) return;
  for (ssize_t at = 0; at < count;) {
    const auto* event = reinterpret_cast<const inotify_event*>(bytes + at);
    at += ssize_t(sizeof(inotify_event) + event->len);
    take(*event);
  }
  if (lost_ && !gone_)
    look_through();
  else if (size_t(count) + kLongestEvent <= sizeof bytes)  // nothing else was waiting
    complete_ = now;
}

void FolderWatch::take(const inotify_event& event) {
  lost_ |= (event.mask & IN_Q_OVERFLOW) != 0;
  gone_ |= (event.mask & kGone) != 0;
  if (event.len == 0 || (event.mask & IN_ISDIR) || !is_wanted(event.name)) return;
  if ((event.mask & kFinished) || ((event.mask & IN_CREATE) && is_link(path_of(event.name))))
    add(event.name);
  else if (event.mask & kLeft)
    given_.erase(event.name);
}

void FolderWatch::add(const std::string& name) {
  if (waiting_.insert(name).second) pending_.push_back(name);
}

// Finds the files of the events that the system forgot. A file that is being written is found, too:
// the event of its end may be forgotten later.
void FolderWatch::look_through() {
  const Time now = std::chrono::system_clock::now();
  std::unordered_map<std::string, Given> kept;
  for (const auto& [name, version] : list()) {
    const auto known = given_.find(name);
    // Two versions of a file can have the same time, and the lost event may be that of the later
    // one. So only a version to which this cannot happen counts as known.
    if (known != given_.end() && known->second.version == version &&
        (known->second.settled || settled(version, complete_)))
      kept.emplace(name, Given{version, true});
    else
      add(name);
  }
  given_ = std::move(kept);
  complete_ = now;
  lost_ = false;
}

}  // namespace tools
