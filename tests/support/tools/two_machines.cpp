#include "tests/support/tools/two_machines.h"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/marked_processes.h"
#include "tests/support/paths.h"

namespace tests {
namespace {

constexpr const char* kNetwork = "10.77.5.";  // of the namespaces alone

void shell(const std::string& command) {
  const Outcome outcome = run(command);
  if (outcome.exit_code != 0) throw std::runtime_error(command + ": " + outcome.err);
}

// When it sleeps, it has its namespaces and its name.
void wait_for(pid_t holder) {
  for (int i = 0; i < 1000; ++i) {
    if (text_of(fmt::format("/proc/{}/comm", holder)) == "sleep\n") return;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("a network namespace cannot be made");
}

}  // namespace

bool TwoMachines::possible() {
  static const bool can =
      run("unshare --net --uts sh -c 'hostname x && ip link add name one type veth peer name two'")
          .exit_code == 0;
  if (!can) WARN("skipped: no network namespaces with a link can be made here");
  return can;
}

TwoMachines::Holder::Holder(const std::string& host) : process(::fork()) {
  if (process != 0) return;
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const std::string command = "hostname " + host + " && exec sleep 3600 > /dev/null 2>&1";
  ::execlp("unshare", "unshare", "--net", "--uts", "sh", "-c", command.c_str(), nullptr);
  ::_exit(127);
}

TwoMachines::Holder::~Holder() {
  ::kill(process, SIGKILL);
  ::waitpid(process, nullptr, 0);
}

TwoMachines::TwoMachines() : holders_{Holder(host(0)), Holder(host(1))} {
  for (const Holder& holder : holders_) wait_for(holder.process);
  shell(fmt::format("{} ip link add name link type veth peer name link netns {}", launcher(0),
                    holders_[1].process));
  for (int i = 0; i < 2; ++i) {
    shell(fmt::format("{} ip address add {}{}/24 dev link", launcher(i), kNetwork, i + 1));
    for (const char* device : {"lo", "link"})
      shell(fmt::format("{} ip link set dev {} up", launcher(i), device));
  }
}

std::string TwoMachines::host(int machine) { return fmt::format("machine{}", machine); }
std::string TwoMachines::address() const { return std::string(kNetwork) + "1"; }

std::string TwoMachines::launcher(int machine) const {
  return fmt::format("nsenter --target {} --net --uts --", holders_[size_t(machine)].process);
}

bool TwoMachines::is_listened_at(int port) const {
  for (const Holder& holder : holders_)
    if (tests::is_listened_at(port, std::to_string(holder.process))) return true;
  return false;
}

// The routes stay, so that nobody is told that the other machine cannot be reached.
void TwoMachines::cut_link() const {
  for (int i = 0; i < 2; ++i)
    shell(
        fmt::format("{} ip neighbour replace {}{} lladdr 02:00:00:00:00:99 dev link nud permanent",
                    launcher(i), kNetwork, 2 - i));
}

void TwoMachines::join_link() const {
  for (int i = 0; i < 2; ++i)
    shell(fmt::format("{} ip neighbour del {}{} dev link", launcher(i), kNetwork, 2 - i));
}

}  // namespace tests
