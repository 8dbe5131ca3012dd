// Two machines on this one: two network namespaces, each with a hostname of its own, with a link
// between them. Needs the rights of root, and unshare, nsenter and ip of Linux.
#pragma once
#include <sys/types.h>

#include <array>
#include <string>

namespace tests {

class TwoMachines {
 public:
  // Where it is not possible, a warning says that the test is skipped.
  static bool possible();

  TwoMachines();

  static std::string host(int machine);
  std::string address() const;  // of the first machine, as the second knows it
  // Words of a shell that start a program on a machine.
  std::string launcher(int machine) const;
  bool is_listened_at(int port) const;  // on one of them
  // Packets are lost without a word, as when a switch between them fails.
  void cut_link() const;
  void join_link() const;

 private:
  // A process that does nothing. Its namespaces last as long as it does.
  struct Holder {
    explicit Holder(const std::string& host);
    ~Holder();
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;
    const pid_t process;
  };
  std::array<Holder, 2> holders_;
};

}  // namespace tests
