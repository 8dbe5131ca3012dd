#include "engine/collectives/rendezvous.h"

#include <unistd.h>

#include <thread>

#include "engine/collectives/rendezvous_messages.h"

namespace engine {
namespace {

using base::ExitCode, base::fail;

constexpr auto kHandshake = std::chrono::seconds(2);
constexpr auto kBetweenTries = std::chrono::milliseconds(50);

Hello hello_of(const RankPlace& place, int port, int64_t mark) {
  Hello hello{.rank = place.rank, .size = place.size, .port = port, .process = int(::getpid())};
  hello.mark = mark;
  put(hello.job, place.job);
  put(hello.host, own_host());
  return hello;
}

// What a rank other than 0 does to meet the others.
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
  // Asks at each port in turn, again and again: rank 0 may not listen yet, and other programs may
  // listen at some of the ports.
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

  // Returns whether rank 0 of this job is at the other side. Throws Error(resources) if it refuses
  // this rank.
  bool greet(const Socket& s) const {
    const Hello hello = hello_of(place_, port_, mark_);
    return send_all(s, &hello, sizeof hello, soon(deadline_)) && accepted(s, soon(deadline_));
  }

  static bool accepted(const Socket& s, Clock::time_point deadline) {
    Answer answer;
    if (!receive_all(s, &answer, sizeof answer, deadline) || answer.magic != kRankMagic)
      return false;
    if (answer.refused)
      fail(ExitCode::resources, "rank 0 has ended the start: ", text_in(answer.reason));
    return true;
  }

  std::vector<Entry> receive_table(const Socket& s) const {
    std::vector<Entry> table(size_t(place_.size));
    // Waits a little past the deadline: at the deadline rank 0 gives up, and sends who is missing.
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

std::string own_host() {
  std::array<char, kHelloText> name{};
  ::gethostname(name.data(), name.size() - 1);
  return text_in(name);
}

bool of_this_job(const Hello& hello, const RankPlace& place) {
  Hello own;
  put(own.job, place.job);
  return hello.magic == kRankMagic && hello.job == own.job;
}

Clock::time_point soon(Clock::time_point deadline) {
  return std::min<Clock::time_point>(deadline, Clock::now() + kHandshake);
}

std::vector<Peer> gather_as_guest(const RankPlace& place, double seconds,
                                  Clock::time_point deadline) {
  return Guest(place, seconds, deadline).gather();
}

std::vector<Peer> meet(const RankPlace& place, double seconds) {
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                           std::chrono::duration<double>(seconds));
  std::vector<Peer> peers = place.rank == 0 ? gather_as_host(place, seconds, deadline)
                                            : gather_as_guest(place, seconds, deadline);
  for (size_t r = 0; r < peers.size(); ++r) peers[r].rank = int(r);
  return peers;
}

}  // namespace engine
