#include "engine/base/temporary_name.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>

namespace base {
namespace {

// A handler may interrupt any thread, so a lock of the library could wait for itself.
std::atomic_flag held = ATOMIC_FLAG_INIT;
TemporaryName* first = nullptr;
std::atomic<int> ends_held_off = 0;

// Blocks the signals of this thread, and returns those that were blocked before.
sigset_t without_signals() {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  return before;
}

void hold() {
  while (held.test_and_set(std::memory_order_acquire)) sched_yield();
}

// What follows serves a signal handler: it may not allocate, and not use opendir().
constexpr int kDeepest = 8;

void remove_content(int folder, int depth);

void remove_at(int folder, const char* name, int depth) {
  if (::unlinkat(folder, name, 0) == 0 || depth == kDeepest) return;
  if (errno != EISDIR && errno != EPERM) return;
  constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  const int inner = ::openat(folder, name, kFlags);
  if (inner < 0) return;
  remove_content(inner, depth + 1);
  ::close(inner);
  ::unlinkat(folder, name, AT_REMOVEDIR);
}

void remove_content(int folder, int depth) {
  alignas(dirent64) char entries[2048];
  for (long bytes; (bytes = ::syscall(SYS_getdents64, folder, entries, sizeof entries)) > 0;)
    for (long at = 0; at < bytes;) {
      const auto* entry = reinterpret_cast<const dirent64*>(entries + at);
      const char* name = entry->d_name;
      const bool dots = name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
      if (!dots) remove_at(folder, name, depth);
      at += entry->d_reclen;
    }
}

void end_by_signal(int number) {
  while (ends_held_off > 0) sched_yield();  // the thread that holds off gets no signal
  remove_temporary_files();
  ::signal(number, SIG_DFL);
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, number);
  ::raise(number);
  ::sigprocmask(SIG_UNBLOCK, &only, nullptr);  // ends the process
}

}  // namespace

TemporaryName::Hold::Hold() {
  before_ = without_signals();
  hold();
}

TemporaryName::Hold::~Hold() {
  held.clear(std::memory_order_release);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

EndHeldOff::EndHeldOff() : before_(without_signals()) { ++ends_held_off; }

EndHeldOff::~EndHeldOff() {
  --ends_held_off;
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

void TemporaryName::link() {
  owner_ = ::getpid();
  next_ = first;
  if (next_) next_->previous_ = this;
  first = this;
}

void TemporaryName::clear() {
  if (path_.empty()) return;
  {
    const Hold hold;
    if (next_) next_->previous_ = previous_;
    (previous_ ? previous_->next_ : first) = next_;
    next_ = previous_ = nullptr;
  }
  path_.clear();
}

void remove_temporary_files() {
  hold();
  const pid_t process = ::getpid();  // a child has the names of its parent, too
  for (const TemporaryName* name = first; name; name = name->next_)
    if (name->owner_ == process) remove_at(AT_FDCWD, name->path_.c_str(), 0);
}

void remove_temporary_files_at_signals() {
  struct sigaction action {};
  action.sa_handler = end_by_signal;
  sigfillset(&action.sa_mask);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    struct sigaction before {};
    ::sigaction(number, nullptr, &before);
    if (before.sa_handler != SIG_IGN) ::sigaction(number, &action, nullptr);
  }
}

}  // namespace base
