#include "engine/collectives/socket.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "engine/base/error.h"

namespace engine {
namespace {

constexpr int kBacklog = 1024;

int milliseconds_until(Clock::time_point deadline) {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
  constexpr int64_t kMost = 1000 * 1000;
  return int(std::clamp<int64_t>(left + 1, 0, kMost));
}

bool wait_for(int descriptor, short events, Clock::time_point deadline) {
  pollfd waiting{descriptor, events, 0};
  while (true) {
    const int ready = ::poll(&waiting, 1, milliseconds_until(deadline));
    if (ready > 0) return true;
    if (ready == 0 && Clock::now() >= deadline) return false;
    if (ready < 0 && errno != EINTR) return false;
  }
}

void set_option(int descriptor, int level, int name, int value) {
  ::setsockopt(descriptor, level, name, &value, sizeof value);
}

void prepare(int descriptor) {
  set_option(descriptor, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(descriptor, SOL_SOCKET, SO_KEEPALIVE, 1);
}

// IPv6 serves both kinds of addresses; a machine without it has IPv4.
int bind_any(int port, bool local_only, int& error) {
  for (const int family : {local_only ? AF_INET : AF_INET6, AF_INET}) {
    const int s = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    error = errno;
    if (s < 0) continue;
    set_option(s, SOL_SOCKET, SO_REUSEADDR, 1);
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_port = htons(uint16_t(port));
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_port = htons(uint16_t(port));
    four.sin_addr.s_addr = htonl(local_only ? INADDR_LOOPBACK : INADDR_ANY);
    if (family == AF_INET6) set_option(s, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    const auto* address = family == AF_INET6 ? reinterpret_cast<const sockaddr*>(&six)
                                             : reinterpret_cast<const sockaddr*>(&four);
    const socklen_t length = family == AF_INET6 ? sizeof six : sizeof four;
    if (::bind(s, address, length) == 0 && ::listen(s, kBacklog) == 0) return s;
    error = errno;
    ::close(s);
    if (error == EADDRINUSE) return -1;
  }
  return -1;
}

using AskAddress = int (*)(int, sockaddr*, socklen_t*);

std::string address_text(const Socket& socket, AskAddress ask) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  char host[NI_MAXHOST] = "";
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (ask(socket.descriptor(), generic, &length) != 0 ||
      ::getnameinfo(generic, length, host, sizeof host, nullptr, 0, NI_NUMERICHOST) != 0)
    return {};
  constexpr std::string_view kMapped = "::ffff:";  // an IPv4 address on an IPv6 socket
  std::string text = host;
  return text.starts_with(kMapped) ? text.substr(kMapped.size()) : text;
}

Socket connect_to(const addrinfo& where, Clock::time_point deadline) {
  Socket s(::socket(where.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!s) return Socket();
  if (::connect(s.descriptor(), where.ai_addr, where.ai_addrlen) != 0) {
    if (errno != EINPROGRESS || !wait_for(s.descriptor(), POLLOUT, deadline)) return Socket();
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(s.descriptor(), SOL_SOCKET, SO_ERROR, &error, &length);
    if (error != 0) return Socket();
  }
  prepare(s.descriptor());
  return s;
}

}  // namespace

Socket::~Socket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

Socket listen_at(int port, bool local_only) {
  int error = 0;
  const int s = bind_any(port, local_only, error);
  if (s < 0 && error != EADDRINUSE)
    base::fail(base::ExitCode::resources, "cannot listen at port ", port, ": ",
               std::strerror(error));
  return Socket(s);
}

int port_of(const Socket& socket) {
  sockaddr_storage address{};
  socklen_t length = sizeof address;
  ::getsockname(socket.descriptor(), reinterpret_cast<sockaddr*>(&address), &length);
  return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(address).sin6_port
                                             : reinterpret_cast<sockaddr_in&>(address).sin_port);
}

Socket accept_until(const Socket& listener, Clock::time_point deadline) {
  while (wait_for(listener.descriptor(), POLLIN, deadline)) {
    const int s = ::accept4(listener.descriptor(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (s < 0) continue;  // it has gone already
    prepare(s);
    return Socket(s);
  }
  return Socket();
}

Socket connect_until(const Address& address, Clock::time_point deadline) {
  addrinfo hints{}, *found = nullptr;
  hints.ai_socktype = SOCK_STREAM;
  if (::getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found))
    return Socket();
  Socket s;
  for (const addrinfo* where = found; where && !s; where = where->ai_next)
    s = connect_to(*where, deadline);
  ::freeaddrinfo(found);
  return s;
}

bool send_all(const Socket& s, const void* data, size_t bytes, Clock::time_point deadline) {
  const char* next = static_cast<const char*>(data);
  while (bytes > 0) {
    const ssize_t sent = ::send(s.descriptor(), next, bytes, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return false;
    if (sent < 0 && !wait_for(s.descriptor(), POLLOUT, deadline)) return false;
    if (sent < 0) continue;
    next += sent;
    bytes -= size_t(sent);
  }
  return true;
}

bool receive_all(const Socket& s, void* data, size_t bytes, Clock::time_point deadline) {
  char* next = static_cast<char*>(data);
  while (bytes > 0) {
    const ssize_t got = ::recv(s.descriptor(), next, bytes, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return false;
    if (got < 0 && !wait_for(s.descriptor(), POLLIN, deadline)) return false;
    if (got < 0) continue;
    next += got;
    bytes -= size_t(got);
  }
  return true;
}

bool has_closed(const Socket& s) {
  pollfd now{s.descriptor(), POLLRDHUP, 0};
  return ::poll(&now, 1, 0) > 0 && now.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

void drain(const Socket& s, Clock::time_point deadline) {
  std::array<char, 1 << 14> ignored;
  while (Clock::now() < deadline) {
    const ssize_t got = ::recv(s.descriptor(), ignored.data(), ignored.size(), 0);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR)) return;
    if (got < 0) wait_for(s.descriptor(), POLLIN, deadline);
  }
}

std::string own_address(const Socket& s) { return address_text(s, ::getsockname); }
std::string other_address(const Socket& s) { return address_text(s, ::getpeername); }

bool is_local(const std::string& host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace engine
