// Rank 0's side of the rendezvous.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "engine/collectives/rendezvous_messages.h"

namespace engine {
namespace {

using base::ExitCode, base::fail;

// After a contradiction, ranks that come within this time are told of it.
constexpr auto kLateComers = std::chrono::seconds(10);

std::string in_words(const Hello& hello) {
  return fmt::format("rank {} (process {} on {})", hello.rank, hello.process, text_in(hello.host));
}

class Host {
 public:
  Host(const RankPlace& place, double seconds, Clock::time_point deadline)
      : place_(place), seconds_(seconds), deadline_(deadline), guests_(size_t(place.size)) {}

  std::vector<Peer> gather() {
    const Socket listener = listen();
    while (fault_.empty() && !missing().empty()) {
      if (Clock::now() >= deadline_) give_up(listener);
      look_at(listener);
      forget_the_gone();
    }
    if (!fault_.empty()) refuse_late_comers(listener);
    for (size_t r = 1; r < guests_.size(); ++r) send_table(guests_[r]);
    std::vector<Peer> peers(size_t(place_.size));
    peers[0].host = own_host();
    for (size_t r = 1; r < peers.size(); ++r)
      peers[r] = {.rank = int(r),
                  .host = text_in(guests_[r].hello.host),
                  .socket = std::move(guests_[r].socket)};
    return peers;
  }

 private:
  struct Guest {
    Hello hello;
    Socket socket;
  };

  Socket listen() const {
    if (place_.listener >= 0) return Socket(place_.listener);
    for (int i = 0; i < place_.ports; ++i)
      if (Socket s = listen_at(place_.port + i, is_local(place_.master))) return s;
    fail(ExitCode::resources, "rank 0 cannot listen for the other ranks: port ", place_.port,
         place_.ports > 1 ? fmt::format(" and the {} behind it are", place_.ports - 1) : " is",
         " in use; set MASTER_PORT to a free one");
  }

  std::vector<int> missing() const {
    std::vector<int> ranks;
    for (size_t r = 1; r < guests_.size(); ++r)
      if (!guests_[r].socket) ranks.push_back(int(r));
    return ranks;
  }

  // A connection whose hello has not arrived in full. Rank 0 polls all of them, so that a stranger
  // that sends nothing keeps nobody waiting.
  struct Visitor {
    Socket socket;
    Clock::time_point until;
    Hello hello;
    size_t read = 0;
  };

  void look_at(const Socket& listener) {
    std::vector<pollfd> waiting{{listener.descriptor(), POLLIN, 0}};
    for (const Visitor& v : visitors_) waiting.push_back({v.socket.descriptor(), POLLIN, 0});
    constexpr int kMilliseconds = 50;
    if (::poll(waiting.data(), waiting.size(), kMilliseconds) < 0) return;
    for (Visitor& v : visitors_) listen_to(v);
    std::erase_if(visitors_, [](const Visitor& v) { return !v.socket; });
    if (waiting[0].revents & POLLIN)
      visitors_.push_back({accept_until(listener, soon(deadline_)), soon(deadline_), {}, 0});
  }

  void listen_to(Visitor& v) {
    char* to = reinterpret_cast<char*>(&v.hello) + v.read;
    const ssize_t n = ::recv(v.socket.descriptor(), to, sizeof v.hello - v.read, 0);
    if (n > 0) v.read += size_t(n);
    const bool whole = v.read == sizeof v.hello;
    const bool waits = n < 0 && (errno == EAGAIN || errno == EINTR) && Clock::now() < v.until;
    if (whole && of_this_job(v.hello, place_)) take(std::move(v.socket), v.hello);
    if (whole || (n <= 0 && !waits)) v.socket = Socket();
  }

  // Removes ranks that have closed their connection. A rank does so if its answer takes too long,
  // and then connects again.
  void forget_the_gone() {
    char byte;
    for (Guest& guest : guests_)
      if (guest.socket && ::recv(guest.socket.descriptor(), &byte, 1, MSG_PEEK) == 0)
        guest.socket = Socket();
  }

  void take(Socket s, const Hello& hello) {
    if (fault_.empty()) fault_ = fault_of(hello);
    Answer answer{.refused = !fault_.empty()};
    put(answer.reason, fault_);
    if (!send_all(s, &answer, sizeof answer, soon(deadline_))) return;
    if (fault_.empty())
      guests_[size_t(hello.rank)] = {hello, std::move(s)};
    else
      ++refused_;
  }

  // Tells the fault to the ranks that are here and to those that come a little later.
  [[noreturn]] void refuse_late_comers(const Socket& listener) {
    tell_guests(fault_);
    const auto end = std::min<Clock::time_point>(deadline_, Clock::now() + kLateComers);
    while (refused_ < place_.size - 1 && Clock::now() < end) look_at(listener);
    refuse(fault_);
  }

  std::string fault_of(const Hello& hello) const {
    if (hello.size != place_.size)
      return fmt::format("{} counts {} ranks, rank 0 on {} counts {}", in_words(hello), hello.size,
                         own_host(), place_.size);
    if (hello.rank < 0 || hello.rank >= place_.size)
      return fmt::format("{} is none of {} ranks", in_words(hello), place_.size);
    if (hello.rank == 0)
      return fmt::format("process {} on {} is rank 0, and so is {}", ::getpid(), own_host(),
                         in_words(hello));
    const Guest& there = guests_[size_t(hello.rank)];
    const bool again = there.hello.mark == hello.mark && there.hello.process == hello.process;
    return there.socket && !again ? fmt::format("two processes have the same rank: {} and {}",
                                                in_words(there.hello), in_words(hello))
                                  : "";
  }

  void tell_guests(const std::string& fault) {
    Answer answer{.refused = 1};
    put(answer.reason, fault);
    for (const Guest& guest : guests_)
      if (guest.socket && send_all(guest.socket, &answer, sizeof answer, soon(deadline_)))
        ++refused_;
  }

  [[noreturn]] static void refuse(const std::string& fault) {
    fail(ExitCode::resources, "the ranks contradict each other: ", fault);
  }

  [[noreturn]] void give_up(const Socket& listener) {
    const std::string fault = fmt::format(
        "rank {} of {} did not come within {} s to rank 0 on {}, port {}: start the ranks that are "
        "missing with the same WORLD_SIZE, MASTER_ADDR and MASTER_PORT, or raise "
        "ranks.timeout_seconds",
        fmt::join(missing(), ", "), place_.size, seconds_, own_host(), port_of(listener));
    tell_guests(fault);
    fail(ExitCode::resources, fault);
  }

  // Ranks on this machine have connected from an address that other machines cannot use. Their
  // entry gets the address at which the receiver has reached rank 0.
  void send_table(const Guest& guest) {
    std::vector<Entry> table(guests_.size());
    const std::string here = own_address(guest.socket);
    for (size_t r = 1; r < guests_.size(); ++r) {
      const std::string address = other_address(guests_[r].socket);
      put(table[r].address, is_local(address) ? here : address);
      put(table[r].host, text_in(guests_[r].hello.host));
      table[r].port = guests_[r].hello.port;
    }
    put(table[0].host, own_host());
    const Answer answer;
    if (!send_all(guest.socket, &answer, sizeof answer, deadline_) ||
        !send_all(guest.socket, table.data(), table.size() * sizeof(Entry), deadline_))
      fail(ExitCode::resources, in_words(guest.hello), " has left before all ranks were there");
  }

  const RankPlace& place_;
  const double seconds_;
  const Clock::time_point deadline_;
  std::vector<Guest> guests_;
  std::vector<Visitor> visitors_;
  std::string fault_;  // why no rank is accepted any more; empty if there is no fault
  int refused_ = 0;    // ranks that were told
};

}  // namespace

std::vector<Peer> gather_as_host(const RankPlace& place, double seconds,
                                 Clock::time_point deadline) {
  return Host(place, seconds, deadline).gather();
}

}  // namespace engine
