#include "engine/base/output_locks.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>
#include <thread>

#include "engine/base/error.h"
#include "engine/base/file_kind.h"
#include "engine/base/tell.h"
#include "engine/base/temporary_name.h"
#include "engine/base/text.h"
#include "engine/base/write_file.h"

namespace base {

namespace fs = std::filesystem;

struct OutputLocks::Lock {
  int file = -1;
  LockKind kind = LockKind::alone;
  FileIdentity identity;
  std::string path;    // once it is locked
  TemporaryName name;  // so that a signal which ends the program removes a file that nobody shares

  ~Lock() {
    const bool last = kind == LockKind::alone || ::flock(file, LOCK_EX | LOCK_NB) == 0;
    if (last && !path.empty()) ::unlink(path.c_str());
    ::close(file);
  }
};

namespace {

constexpr const char* kEnding = ".lock";
constexpr const char* kFolderLock = ".output.lock";
constexpr mode_t kMode = 0666;

// ".a.json.lock" for "a.json". If the name would be too long, a hash replaces its end.
std::string lock_name(std::string name) {
  constexpr size_t kAdded = 6;
  if (name.size() + kAdded > NAME_MAX) {
    const std::string hash = std::to_string(std::hash<std::string>()(name));
    name = name.substr(0, NAME_MAX - kAdded - hash.size()) + hash;
  }
  return "." + name + kEnding;
}

// Some file systems lock only files that are open for writing. Another user's may only be read.
int open_lock(const fs::path& path) {
  int file = -1;
  for (const int access : {O_RDWR | O_CREAT, O_RDONLY})
    if (file < 0) file = ::open(path.c_str(), access | O_CLOEXEC | O_NOFOLLOW, kMode);
  return file;
}

FileIdentity identity_of(const struct stat& status) { return {status.st_dev, status.st_ino}; }

// Whether the open file still has its name. Its owner may have removed it before we had the lock.
bool has_name(const fs::path& path, FileIdentity open) {
  struct stat status;
  return ::lstat(path.c_str(), &status) == 0 && identity_of(status) == open;
}

[[noreturn]] void refuse_lock(const std::string& what, const fs::path& lock, int reason) {
  const bool there = look_at(lock).kind != FileKind::absent;
  fail(ExitCode::data, what, ": the lock ", printable(lock.string()),
       " cannot be opened: ", std::strerror(reason),
       there ? "; remove it if no program writes there, or choose another name"
             : "; choose another name");
}

[[noreturn]] void refuse(const std::string& what) {
  fail(ExitCode::usage, what,
       " is being written by another program; wait until that has ended, or choose another name");
}

}  // namespace

OutputLocks::OutputLocks() = default;
OutputLocks::OutputLocks(OutputLocks&&) noexcept = default;

OutputLocks& OutputLocks::operator=(OutputLocks&& other) noexcept {
  release();
  locks_ = std::move(other.locks_);
  made_ = std::move(other.made_);
  return *this;
}

OutputLocks::~OutputLocks() { release(); }

void OutputLocks::release() {
  locks_.clear();
  for (auto folder = made_.rbegin(); folder != made_.rend(); ++folder) ::rmdir(folder->c_str());
}

void OutputLocks::make_folders(const fs::path& folder) {
  std::vector<fs::path> missing;
  std::error_code unknown;
  for (fs::path at = folder; !at.empty() && !fs::exists(at, unknown) && !unknown;
       at = at.parent_path())
    missing.push_back(at);
  create_folders(folder);
  made_.insert(made_.end(), missing.rbegin(), missing.rend());
}

void OutputLocks::take_name(const std::string& option, const fs::path& name) {
  take(option, name.parent_path() / lock_name(name.filename().string()), name, LockKind::alone);
}

void OutputLocks::take_folder(const std::string& option, const fs::path& folder, LockKind kind) {
  take(option, folder / kFolderLock, folder, kind);
}

void OutputLocks::take(const std::string& option, const fs::path& file, const fs::path& output,
                       LockKind kind) {
  const std::string what = option + ": " + printable(output.string());
  // The owner of a lock may remove it, and its folder, while it is opened here. That cannot go on.
  constexpr int kTries = 100, kTriesOfShared = 20;
  for (int tries = 1;; ++tries) {
    make_folders(file.parent_path());
    auto lock = std::make_unique<Lock>();
    lock->kind = kind;
    lock->file = open_lock(file);
    if (lock->file < 0 && errno == ENOENT && tries < kTries) continue;
    struct stat status;
    if (lock->file < 0 || ::fstat(lock->file, &status) != 0) refuse_lock(what, file, errno);
    if (status.st_size > 0)
      fail(ExitCode::usage, what, ": ", printable(file.string()),
           " is no lock, since it has content: rename it, or choose another name for the output");
    lock->identity = identity_of(status);
    for (const auto& held : locks_)
      if (held->identity == lock->identity) return;
    const int wanted = kind == LockKind::alone ? LOCK_EX : LOCK_SH;
    if (::flock(lock->file, wanted | LOCK_NB) != 0) {
      // Somebody who leaves a shared folder has it alone for a moment.
      if (errno == EWOULDBLOCK && kind == LockKind::shared && tries < kTriesOfShared) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        continue;
      }
      if (errno == EWOULDBLOCK) refuse(what);
      tell("note: " + what + ": cannot be locked (" + std::strerror(errno) +
           "), so see to it that no other program writes there at the same time");
    }
    if (!has_name(file, lock->identity) && tries < kTries) continue;
    lock->path = file.string();
    if (kind == LockKind::alone) lock->name.set(lock->path, [](const char*) { return 0; });
    locks_.push_back(std::move(lock));
    return;
  }
}

}  // namespace base
