#include "engine/collectives/rendezvous.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "engine/base/text.h"

namespace engine {
namespace {

using base::ExitCode, base::fail;
using namespace std::chrono_literals;

constexpr std::array<char, 8> kMagic{'S', 'S', 'D', 'R', 'A', 'N', 'K', '1'};
constexpr auto kHandshake = 2s;  // for the first words of a connection
constexpr auto kBetweenTries = 50ms;
constexpr auto kLateComers = 10s;  // how long a refused job's ranks are still told why
constexpr size_t kText = 128, kReason = 512;

template <size_t N> void put(std::array<char, N>& to, const std::string& text) {
  std::copy_n(text.begin(), std::min(text.size(), N - 1), to.begin());
}
template <size_t N> std::string text_in(const std::array<char, N>& from) {
  return base::printable(std::string(from.begin(), std::find(from.begin(), from.end(), '\0')));
}

// What a rank says first, to rank 0 and to the others. Plain bytes; texts end with a zero.
struct Hello {
  std::array<char, 8> magic = kMagic;
  std::array<char, kText> job{}, host{};
  int32_t rank = 0, size = 0, port = 0, process = 0;
  int64_t mark = 0;  // of one attempt to meet: another one may come from the same process
};

// Rank 0's answer at once, and again with the table when all are there.
struct Answer {
  std::array<char, 8> magic = kMagic;
  int32_t refused = 0;
  std::array<char, kReason> reason{};
};

struct Entry {  // of the table
  std::array<char, kText> address{}, host{};
  int32_t port = 0;
};

std::string own_host() {
  std::array<char, kText> name{};
  ::gethostname(name.data(), name.size() - 1);
  return text_in(name);
}

Hello hello_of(const RankPlace& place, int port, int64_t mark) {
  Hello hello{.rank = place.rank, .size = place.size, .port = port, .process = int(::getpid())};
  hello.mark = mark;
  put(hello.job, place.job);
  put(hello.host, own_host());
  return hello;
}

bool of_this_job(const Hello& hello, const RankPlace& place) {
  Hello own;
  put(own.job, place.job);
  return hello.magic == kMagic && hello.job == own.job;
}

std::string in_words(const Hello& hello) {
  return fmt::format("rank {} (process {} on {})", hello.rank, hello.process, text_in(hello.host));
}

Clock::time_point soon(Clock::time_point deadline) {
  return std::min<Clock::time_point>(deadline, Clock::now() + kHandshake);
}

// The side of rank 0.
class Host {
 public:
  Host(const RankPlace& place, double seconds, Clock::time_point deadline)
      : place_(place), seconds_(seconds), deadline_(deadline), guests_(size_t(place.size)) {}

  std::vector<Peer> gather() {
    const Socket listener = listen();
    while (fault_.empty() && !missing().empty()) {
      if (Clock::now() >= deadline_) give_up();
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

  // Who has not said all of its hello yet. A stranger that says nothing keeps nobody waiting.
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

  // A rank that had to wait for its answer for too long comes again.
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

  // Ranks that come after the contradiction are told of it, too.
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

  [[noreturn]] void give_up() {
    const std::string fault = fmt::format("rank {} of {} did not come within {} s",
                                          fmt::join(missing(), ", "), place_.size, seconds_);
    tell_guests(fault);
    fail(ExitCode::resources, fault);
  }

  // A rank beside rank 0 is known here by an address that other machines cannot use; they reach it
  // where they reach rank 0.
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
  std::string fault_;  // why nobody is let in any more
  int refused_ = 0;    // ranks that were told
};

// The side of the other ranks.
class Guest {
 public:
  Guest(const RankPlace& place, double seconds, Clock::time_point deadline)
      : place_(place), seconds_(seconds), deadline_(deadline) {}

  std::vector<Peer> gather() {
    const Socket listener = listen_at(0, is_local(place_.master));
    port_ = port_of(listener);
    std::vector<Peer> peers(size_t(place_.size));
    peers[0].socket = find_host();
    const std::vector<Entry> table = receive_table(peers[0].socket);
    for (size_t r = 0; r < peers.size(); ++r) {
      peers[r].rank = int(r);
      peers[r].host = text_in(table[r].host);
    }
    for (int r = 1; r < place_.rank; ++r)
      peers[size_t(r)].socket = join(table[size_t(r)], peers[size_t(r)]);
    for (int left = place_.size - 1 - place_.rank; left > 0; --left) accept_one(listener, peers);
    return peers;
  }

 private:
  // Asks at each port in turn: rank 0 may not listen yet, and others may.
  Socket find_host() const {
    for (int attempt = 0; Clock::now() < deadline_; ++attempt) {
      const Address address{place_.master, place_.port + attempt % place_.ports};
      Socket s = connect_until(address, soon(deadline_));
      if (s && greet(s)) return s;
      if (attempt % place_.ports == place_.ports - 1) std::this_thread::sleep_for(kBetweenTries);
    }
    fail(ExitCode::resources, "rank ", place_.rank, " found no rank 0 at ", place_.master, " port ",
         place_.port, " within ", seconds_, " s: has it ended, or is the address wrong?");
  }

  // True: that is rank 0 of this job. Error(resources): it refuses this rank.
  bool greet(const Socket& s) const {
    const Hello hello = hello_of(place_, port_, mark_);
    return send_all(s, &hello, sizeof hello, soon(deadline_)) && accepted(s, soon(deadline_));
  }

  static bool accepted(const Socket& s, Clock::time_point deadline) {
    Answer answer;
    if (!receive_all(s, &answer, sizeof answer, deadline) || answer.magic != kMagic) return false;
    if (answer.refused)
      fail(ExitCode::resources, "rank 0 has ended the start: ", text_in(answer.reason));
    return true;
  }

  std::vector<Entry> receive_table(const Socket& s) const {
    std::vector<Entry> table(size_t(place_.size));
    // Rank 0 knows who is missing when it gives up: its word comes a little later.
    if (!accepted(s, deadline_ + kHandshake) ||
        !receive_all(s, table.data(), table.size() * sizeof(Entry), deadline_ + kHandshake))
      fail(ExitCode::resources, "rank 0 at ", place_.master,
           " has gone before all ranks were there");
    return table;
  }

  Socket join(const Entry& entry, const Peer& peer) const {
    Socket s = connect_until({text_in(entry.address), entry.port}, deadline_);
    const Hello hello = hello_of(place_, port_, mark_);
    if (!s || !send_all(s, &hello, sizeof hello, deadline_))
      fail(ExitCode::resources, "rank ", place_.rank, " cannot reach rank ", peer.rank, " on ",
           peer.host, " at ", text_in(entry.address), " port ", entry.port);
    return s;
  }

  void accept_one(const Socket& listener, std::vector<Peer>& peers) const {
    while (true) {
      Socket s = accept_until(listener, deadline_);
      if (!s) break;
      Hello hello;
      if (!receive_all(s, &hello, sizeof hello, soon(deadline_)) || !of_this_job(hello, place_))
        continue;
      const bool expected =
          hello.rank > place_.rank && hello.rank < place_.size && !peers[size_t(hello.rank)].socket;
      if (!expected) continue;
      peers[size_t(hello.rank)].socket = std::move(s);
      return;
    }
    for (const Peer& peer : peers)
      if (peer.rank > place_.rank && !peer.socket)
        fail(ExitCode::resources, "rank ", peer.rank, " on ", peer.host, " did not reach rank ",
             place_.rank, " within ", seconds_, " s");
  }

  const RankPlace& place_;
  const double seconds_;
  const Clock::time_point deadline_;
  const int64_t mark_ = Clock::now().time_since_epoch().count();
  int port_ = 0;
};

}  // namespace

std::vector<Peer> meet(const RankPlace& place, double seconds) {
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                           std::chrono::duration<double>(seconds));
  std::vector<Peer> peers = place.rank == 0 ? Host(place, seconds, deadline).gather()
                                            : Guest(place, seconds, deadline).gather();
  for (size_t r = 0; r < peers.size(); ++r) peers[r].rank = int(r);
  return peers;
}

}  // namespace engine
