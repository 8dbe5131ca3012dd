// TCP sockets with deadlines. Programs that this process starts do not inherit them.
#pragma once
#include <chrono>
#include <string>
#include <utility>

namespace engine {

using Clock = std::chrono::steady_clock;

class Socket {
 public:
  explicit Socket(int descriptor = -1) : descriptor_(descriptor) {}
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~Socket();
  int descriptor() const { return descriptor_; }
  explicit operator bool() const { return descriptor_ >= 0; }

 private:
  int descriptor_;
};

struct Address {
  std::string host;  // numeric, or a name
  int port = 0;
};

// Listens at `port` (0: any free one). With `local_only`, connections from other machines are
// refused. Returns an empty socket if the port is taken, and throws Error(resources) if listening
// fails for another reason.
Socket listen_at(int port, bool local_only);
int port_of(const Socket&);

// Returns the next connection, or an empty socket after the deadline.
Socket accept_until(const Socket& listener, Clock::time_point deadline);
// Returns an empty socket if nobody answers there before the deadline.
Socket connect_until(const Address&, Clock::time_point deadline);

// Return false if the other side has gone, or if the deadline has passed.
bool send_all(const Socket&, const void* data, size_t bytes, Clock::time_point deadline);
bool receive_all(const Socket&, void* data, size_t bytes, Clock::time_point deadline);
// Whether the other side has gone, or will send no more; what it has sent may still be unread.
bool has_closed(const Socket&);
void drain(const Socket&, Clock::time_point deadline);  // reads until the other side closes

std::string own_address(const Socket&);    // numeric, of this side of the connection
std::string other_address(const Socket&);  // numeric, of the other side
bool is_local(const std::string& host);    // a loopback address, or "localhost"

}  // namespace engine
