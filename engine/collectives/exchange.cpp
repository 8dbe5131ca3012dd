#include "engine/collectives/exchange.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

#include "engine/base/text.h"

namespace engine {
namespace {

using base::ExitCode, base::fail;

constexpr uint64_t kMostBytes = uint64_t(1) << 32;  // of a message of any length
constexpr uint64_t kMostReason = 4096;

std::string rank_name(const Peer& peer) {
  return fmt::format("rank {} on {}", peer.rank, base::printable(peer.host));
}

// Sends one message to a peer and receives one from it, and knows how far both are.
class Conversation {
 public:
  explicit Conversation(const Transfer& t) : t_(t), moved_(Clock::now()) {
    if (!t_.sends) sent_ = to_send();
  }

  bool sending() const { return sent_ < to_send(); }
  bool receiving() const { return t_.receives && !received_all_; }
  bool done() const { return !sending() && !receiving(); }
  const Peer& peer() const { return *t_.peer; }
  int descriptor() const { return t_.peer->socket.descriptor(); }
  Clock::time_point moved() const { return moved_; }
  std::string call() const { return call_in_words(t_.sends ? t_.send_header : t_.expected); }
  // Whether to read from the peer. After all that was expected, a message that ends the run may
  // still come.
  bool listening() const { return receiving() || !ahead_; }

  void send() {
    while (sending()) {
      const bool header = sent_ < sizeof(MessageHeader);
      const char* from = header ? reinterpret_cast<const char*>(&t_.send_header) + sent_
                                : static_cast<const char*>(t_.send_from) + payload(sent_);
      const size_t left = (header ? sizeof(MessageHeader) : to_send()) - sent_;
      const int more = header && t_.send_header.bytes > 0 ? MSG_MORE : 0;
      const ssize_t n = ::send(descriptor(), from, left, MSG_NOSIGNAL | more);
      if (!moved(n)) return;
      sent_ += size_t(n);
      t_.peer->in_message = sending();
    }
  }

  void receive() {
    if (!receiving()) return look_ahead();
    while (receiving()) {
      const bool header = received_ < sizeof(MessageHeader);
      char* to = header ? reinterpret_cast<char*>(&header_) + received_
                        : destination() + payload(received_);
      const size_t left = sizeof(MessageHeader) + (header ? 0 : header_.bytes) - received_;
      const ssize_t n = ::recv(descriptor(), to, left, 0);
      if (n == 0) gone();
      if (!moved(n)) return;
      received_ += size_t(n);
      if (received_ == sizeof(MessageHeader)) check_header();
      received_all_ =
          received_ >= sizeof(MessageHeader) && payload(received_) == size_t(header_.bytes);
    }
  }

 private:
  static size_t payload(size_t position) { return position - sizeof(MessageHeader); }
  size_t to_send() const { return sizeof(MessageHeader) + t_.send_header.bytes; }
  char* destination() const {
    return t_.receive_any ? t_.receive_any->data() : static_cast<char*>(t_.receive_into);
  }

  // Whether the call has moved bytes. False if it would have had to wait.
  bool moved(ssize_t result) {
    if (result >= 0) {
      moved_ = Clock::now();
      return true;
    }
    if (errno == EINTR || errno == EAGAIN) return false;
    gone();
  }

  [[noreturn]] void gone() {
    look_for_abort();
    fail(ExitCode::resources, rank_name(*t_.peer),
         " is gone: it ended or lost its connection during ", call());
  }

  void check_header() {
    if (header_.magic == MessageHeader::kMagic && header_.kind == MessageKind::abort)
      end_by_peer(header_);
    if (!same_call(header_, t_.expected, t_.receive_any) || header_.bytes > kMostBytes)
      fail(ExitCode::resources, rank_name(*t_.peer),
           " makes another call than the others: ", call_in_detail(header_), ", expected ",
           call_in_detail(t_.expected));
    if (t_.receive_any) t_.receive_any->resize(header_.bytes);
  }

  // Looks at the next message without taking it. The peer has sent all of this exchange, so that
  // message belongs to the next exchange, or it ends the run.
  void look_ahead() {
    MessageHeader next;
    const ssize_t n = ::recv(descriptor(), &next, sizeof next, MSG_PEEK);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    ahead_ = true;
    if (n == ssize_t(sizeof next)) look_for_abort();
  }

  void look_for_abort() {
    MessageHeader next;
    const bool between = !t_.receives || received_ == 0 || received_all_;
    if (!between) return;
    const ssize_t n = ::recv(descriptor(), &next, sizeof next, MSG_PEEK);
    if (n != ssize_t(sizeof next) || next.magic != MessageHeader::kMagic ||
        next.kind != MessageKind::abort)
      return;
    ::recv(descriptor(), &next, sizeof next, 0);
    end_by_peer(next);
  }

  [[noreturn]] void end_by_peer(const MessageHeader& header) {
    t_.peer->last_words = read_last_words(*t_.peer, header);
    const bool known =
        header.code >= int(ExitCode::failed) && header.code <= int(ExitCode::resources);
    fail(known ? ExitCode(header.code) : ExitCode::resources, t_.peer->last_words);
  }

  Transfer t_;
  MessageHeader header_;
  size_t sent_ = 0, received_ = 0;
  bool received_all_ = false, ahead_ = false;
  Clock::time_point moved_;
};

std::string rank_names(const std::vector<const Conversation*>& silent) {
  std::string names;
  for (const Conversation* c : silent) names += (names.empty() ? "" : ", ") + rank_name(c->peer());
  return names;
}

// Throws Error(resources) if a rank has moved nothing for too long. Otherwise returns the time that
// is left to the rank that has been silent for the longest time.
Clock::duration patience(const std::vector<Conversation>& all, double seconds) {
  const auto limit =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  Clock::duration least = limit;
  std::vector<const Conversation*> silent;
  for (const Conversation& c : all) {
    if (c.done()) continue;
    const Clock::duration left = c.moved() + limit - Clock::now();
    least = std::min(least, left);
    if (left <= Clock::duration::zero()) silent.push_back(&c);
  }
  if (!silent.empty())
    fail(ExitCode::resources, rank_names(silent), " did not answer for ", seconds, " s in ",
         silent.front()->call(), ": it hangs, or the network is cut");
  return least;
}

void wait_and_move(std::vector<Conversation>& all, Clock::duration longest) {
  std::vector<pollfd> waiting;
  for (const Conversation& c : all)
    waiting.push_back({c.sending() || c.listening() ? c.descriptor() : -1,
                       short((c.sending() ? POLLOUT : 0) | (c.listening() ? POLLIN : 0)), 0});
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(longest).count();
  if (::poll(waiting.data(), waiting.size(), int(std::clamp<int64_t>(ms + 1, 1, 1000))) <= 0)
    return;
  for (size_t i = 0; i < all.size(); ++i) {
    // Reads before it writes: if a rank is gone, its last message says more than a failed write.
    if (waiting[i].revents & (POLLIN | POLLHUP | POLLERR) && all[i].listening()) all[i].receive();
    if (waiting[i].revents & (POLLOUT | POLLERR)) all[i].send();
  }
}

}  // namespace

std::string read_last_words(const Peer& peer, const MessageHeader& header) {
  std::string words(std::min(header.bytes, kMostReason), ' ');
  const auto soon = Clock::now() + std::chrono::seconds(1);
  if (!receive_all(peer.socket, words.data(), words.size(), soon))
    return rank_name(peer) + " has ended the run; its reason did not arrive";
  return base::printable(words);
}

void exchange(std::vector<Transfer> transfers, double seconds) {
  std::vector<Conversation> all(transfers.begin(), transfers.end());
  const auto done = [&] {
    return std::all_of(all.begin(), all.end(), [](const Conversation& c) { return c.done(); });
  };
  for (Conversation& c : all) c.send();
  while (!done()) wait_and_move(all, patience(all, seconds));
}

}  // namespace engine
