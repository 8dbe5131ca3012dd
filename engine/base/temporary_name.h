// Temporary files and folders of this process, which are removed if a signal ends it.
#pragma once
#include <signal.h>
#include <sys/types.h>

#include <string>
#include <utility>

namespace base {

// The name of a temporary file or folder of this process.
class TemporaryName {
 public:
  TemporaryName() = default;
  ~TemporaryName() { clear(); }
  TemporaryName(const TemporaryName&) = delete;
  TemporaryName& operator=(const TemporaryName&) = delete;

  const std::string& path() const { return path_; }  // empty: none
  // Sets the name, and returns what make(path) returns, which makes the file. A signal that ends
  // the process meanwhile waits until it is made.
  template <class Make> auto set(std::string path, Make make) {
    clear();
    path_ = std::move(path);
    const Hold hold;
    link();
    return make(path_.data());
  }
  void clear();  // forgets the name: call it when the file has its final name or is removed

 private:
  // While it exists, signals to this thread wait, and so does remove_temporary_files() in others.
  class Hold {
   public:
    Hold();
    ~Hold();
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;

   private:
    sigset_t before_;
  };
  friend void remove_temporary_files();
  void link();

  std::string path_;
  pid_t owner_ = 0;
  TemporaryName *next_ = nullptr, *previous_ = nullptr;
};

// While one of these exists, signals that ask the program to end have to wait, in all threads. It
// covers the moments in which old files are gone and new ones do not have their names yet.
class EndHeldOff {
 public:
  EndHeldOff();
  ~EndHeldOff();
  EndHeldOff(const EndHeldOff&) = delete;
  EndHeldOff& operator=(const EndHeldOff&) = delete;

 private:
  sigset_t before_;
};

// Removes all temporary files and folders of this process. From then on no thread can make one, so
// the process has to end. A signal handler may call this if all signals are blocked in it.
void remove_temporary_files();

// A signal that asks the program to end (SIGTERM, SIGINT, SIGHUP) removes its temporary files
// first. Signals that are ignored stay so.
void remove_temporary_files_at_signals();

}  // namespace base
