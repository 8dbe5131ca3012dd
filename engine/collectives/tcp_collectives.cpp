// Collectives over one TCP connection between every two ranks.
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/collectives/exchange.h"
#include "engine/collectives/rank_sum.h"
#include "engine/collectives/sum_rounds.h"
#include "engine/tensor.h"

namespace engine {

using kernels::DType, kernels::Queue, kernels::View;

namespace {

constexpr size_t kRoundBytes = size_t(4) << 20;
// Up to this size, every rank adds up the whole buffer: one round of messages instead of two.
constexpr size_t kSmallBytes = size_t(16) << 10;
constexpr auto kFarewell = std::chrono::seconds(1);

class TcpCollectives : public HostCollectives {
 public:
  TcpCollectives(std::vector<Peer> peers, int rank, double seconds)
      : peers_(std::move(peers)), rank_(rank), seconds_(seconds), scratch_(peers_.size()) {}

  int rank() const override { return rank_; }
  int size() const override { return int(peers_.size()); }
  const std::string& host(int rank) const override { return peers_.at(size_t(rank)).host; }

  void sum(const char* what, View buffer, Queue queue) override {
    if (!runs(queue)) return;
    if (bytes_of(buffer) <= kSmallBytes) return small_sum(what, buffer);
    const auto width = size_t(kernels::size_of(buffer.dtype));
    for (const SumRound& round :
         rounds_of(size_t(buffer.shape.size()), kRoundBytes / width, peers_.size()))
      sum_round(what, {buffer.as<char>(), buffer.dtype, width, round});
  }

  void gather(const char* what, View mine, View all, Queue queue) override {
    if (!runs(queue)) return;
    const size_t bytes = bytes_of(mine);
    SSD_CHECK(bytes_of(all) == bytes * peers_.size() && mine.dtype == all.dtype,
              "gather: room for another number of bytes");
    std::memmove(all.as<char>() + size_t(rank_) * bytes, mine.data, bytes);
    std::vector<Transfer> transfers = to_all(MessageKind::gather, what, mine.dtype, bytes);
    for (Transfer& t : transfers) {
      t.send_from = mine.data;
      t.receive_into = all.as<char>() + size_t(t.peer->rank) * bytes;
    }
    run(std::move(transfers));
  }

  void broadcast(const char* what, View buffer, int root, Queue queue) override {
    if (!runs(queue)) return;
    std::vector<Transfer> transfers =
        to_all(MessageKind::broadcast, what, buffer.dtype, bytes_of(buffer));
    if (rank_ != root)
      std::erase_if(transfers, [root](const Transfer& t) { return t.peer->rank != root; });
    for (Transfer& t : transfers) {
      t.sends = rank_ == root;
      t.receives = !t.sends;
      t.send_from = t.receive_into = buffer.data;
    }
    run(std::move(transfers));
  }

  std::vector<std::string> gather_bytes(const char* what, const std::string& mine) override {
    std::vector<std::string> all(peers_.size());
    all[size_t(rank_)] = mine;
    std::vector<Transfer> transfers = to_all(MessageKind::bytes, what, DType::u8, mine.size());
    for (Transfer& t : transfers) {
      t.send_from = mine.data();
      t.receive_any = &all[size_t(t.peer->rank)];
    }
    run(std::move(transfers));
    return all;
  }

  double seconds_in_calls() const override { return seconds_in_calls_; }

  std::string gone() const override {
    for (const Peer& p : peers_)
      if (p.socket && has_closed(p.socket)) return rank_in_words(*this, p.rank);
    return {};
  }

  void give_up_after(double seconds) override { seconds_ = seconds; }

  void abort(base::ExitCode code, const std::string& why) noexcept override {
    if (std::exchange(aborted_, true)) return;
    MessageHeader header = make_header(MessageKind::abort, "a rank", calls_, DType::u8, why.size());
    header.code = uint16_t(code);
    const auto deadline = Clock::now() + kFarewell;
    // First, because what rank 0 has sent can be lost when this rank sends to it and it is gone.
    receive_last_words(Clock::now());
    for (const Peer& p : peers_) {
      if (!p.socket) continue;
      if (!p.in_message && send_all(p.socket, &header, sizeof header, deadline))
        send_all(p.socket, why.data(), why.size(), deadline);
      ::shutdown(p.socket.descriptor(), SHUT_WR);
    }
    // Reads until the other sides close: if this side closed with bytes unread, the system could
    // drop what was sent last before the other side has read it.
    for (const Peer& p : peers_) {
      if (p.rank == 0) receive_last_words(deadline);
      if (p.socket) drain(p.socket, deadline);
    }
  }

  std::string last_words_of_first(double seconds) override {
    receive_last_words(Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                          std::chrono::duration<double>(seconds)));
    return peers_[0].last_words;
  }

 private:
  // A round of the sum of a buffer.
  struct Round {
    char* buffer;
    DType dtype;
    size_t width;
    SumRound of;
    char* chunk(size_t rank) const { return buffer + of.begin(rank) * width; }
    size_t chunk_bytes(size_t rank) const { return of.count(rank) * width; }
  };

  static bool runs(Queue queue) {
    SSD_CHECK(!queue.gpu, "these collectives reach the host's memory only");
    return !queue.plan;
  }

  // Reads and drops the messages of rank 0 until one ends the run; that one becomes its last_words.
  void receive_last_words(Clock::time_point deadline) {
    Peer& first = peers_[0];
    MessageHeader header;
    while (first.socket && first.last_words.empty() &&
           receive_all(first.socket, &header, sizeof header, deadline) &&
           header.magic == MessageHeader::kMagic) {
      if (header.kind == MessageKind::abort) first.last_words = read_last_words(first, header);
      std::array<char, kSmallBytes> ignored;
      for (uint64_t left = header.kind == MessageKind::abort ? 0 : header.bytes; left > 0;) {
        const size_t part = std::min<uint64_t>(left, ignored.size());
        if (!receive_all(first.socket, ignored.data(), part, deadline)) return;
        left -= part;
      }
    }
  }

  // Makes an exchange. If it fails, this rank ends the run of all.
  void run(std::vector<Transfer> transfers) {
    const auto start = Clock::now();
    try {
      exchange(std::move(transfers), seconds_);
      seconds_in_calls_ += std::chrono::duration<double>(Clock::now() - start).count();
    } catch (const base::Error& error) {
      abort(error.code(), message_for_all(*this, error));
      throw;
    }
  }

  // Transfers of `bytes` bytes to and from every other rank.
  std::vector<Transfer> to_all(MessageKind kind, const char* what, DType dtype, size_t bytes) {
    const MessageHeader header = make_header(kind, what, calls_++, dtype, bytes);
    std::vector<Transfer> transfers;
    for (Peer& p : peers_)
      if (p.rank != rank_)
        transfers.push_back({.peer = &p,
                             .sends = true,
                             .receives = true,
                             .send_header = header,
                             .expected = header,
                             .send_from = nullptr,
                             .receive_into = nullptr,
                             .receive_any = nullptr});
    return transfers;
  }

  // The terms of a sum in order of rank: `mine`, and what the other ranks have sent.
  std::vector<const void*> terms(const void* mine) const {
    std::vector<const void*> all;
    for (size_t r = 0; r < peers_.size(); ++r)
      all.push_back(r == size_t(rank_) ? mine : scratch_[r].data());
    return all;
  }

  char* scratch(int rank, size_t bytes) {
    std::vector<char>& room = scratch_[size_t(rank)];
    if (room.size() < bytes) room.resize(bytes);
    return room.data();
  }

  void small_sum(const char* what, View buffer) {
    const size_t bytes = bytes_of(buffer);
    std::vector<Transfer> transfers = to_all(MessageKind::sum, what, buffer.dtype, bytes);
    for (Transfer& t : transfers) {
      t.send_from = buffer.data;
      t.receive_into = scratch(t.peer->rank, bytes);
    }
    run(std::move(transfers));
    add_in_order(terms(buffer.data), buffer.dtype, size_t(buffer.shape.size()), buffer.data);
  }

  void sum_round(const char* what, const Round& round) {
    const auto me = size_t(rank_);
    std::vector<Transfer> transfers =
        to_all(MessageKind::sum, what, round.dtype, round.chunk_bytes(me));
    for (Transfer& t : transfers) {
      const auto other = size_t(t.peer->rank);
      t.send_header.bytes = round.chunk_bytes(other);
      t.send_from = round.chunk(other);
      t.receive_into = scratch(t.peer->rank, round.chunk_bytes(me));
    }
    run(std::move(transfers));
    add_in_order(terms(round.chunk(me)), round.dtype, round.of.count(me), round.chunk(me));

    transfers = to_all(MessageKind::sums, what, round.dtype, round.chunk_bytes(me));
    for (Transfer& t : transfers) {
      const auto other = size_t(t.peer->rank);
      t.send_from = round.chunk(me);
      t.expected.bytes = round.chunk_bytes(other);
      t.receive_into = round.chunk(other);
    }
    run(std::move(transfers));
  }

  std::vector<Peer> peers_;
  const int rank_;
  double seconds_;
  uint64_t calls_ = 0;
  bool aborted_ = false;
  double seconds_in_calls_ = 0;
  std::vector<std::vector<char>> scratch_;  // by rank: what it has sent
};

}  // namespace

std::unique_ptr<HostCollectives> make_tcp_collectives(std::vector<Peer> peers, int rank,
                                                      double seconds) {
  return std::make_unique<TcpCollectives>(std::move(peers), rank, seconds);
}

std::string rank_in_words(const Collectives& ranks, int rank) {
  return base::concatenate("rank ", rank, " on ", ranks.host(rank));
}

std::vector<std::string> ranks_in_words(const Collectives& ranks) {
  std::vector<std::string> names;
  for (int r = 0; r < ranks.size(); ++r) names.push_back(rank_in_words(ranks, r));
  return names;
}

std::string message_for_all(const Collectives& ranks, const std::exception& error) {
  const std::string message = error.what();
  for (int r = 0; r < ranks.size(); ++r)
    if (message.find(rank_in_words(ranks, r)) != message.npos) return message;
  return rank_in_words(ranks, ranks.rank()) + ": " + message;
}

int ranks_here(const Collectives* ranks) {
  if (!ranks) return 1;
  int here = 0;
  for (int r = 0; r < ranks->size(); ++r) here += ranks->host(r) == ranks->host(ranks->rank());
  return here;
}

}  // namespace engine
