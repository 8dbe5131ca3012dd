// Lets ranks find each other: all connect to rank 0, which tells each of them the addresses of the
// others. In the end every two ranks share one TCP connection.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/collectives/host_collectives.h"
#include "engine/collectives/socket.h"

namespace engine {

struct RankPlace {
  int rank = 0, size = 1;
  int local_rank = 0;  // among the ranks of this machine
  std::string master;  // name or address of rank 0's host
  int port = 0;        // rank 0 listens at the first free port of `port` .. `port` + ports - 1
  int ports = 1;
  std::string job;    // ranks of other jobs are refused
  int listener = -1;  // of rank 0: a socket that listens already, or -1
};

struct Peer {
  int rank = 0;
  std::string host;
  Socket socket;            // does not block; this rank itself has none
  bool in_message = false;  // part of a message to this rank has been sent
  std::string last_words;   // the message with which this rank has ended the run, if it has come
};

// Returns one peer per rank, in order of rank. Throws Error(resources), which says who is missing
// after `seconds`, or which two processes contradict each other.
std::vector<Peer> meet(const RankPlace&, double seconds);

// Makes the collectives over these connections. A call fails if a rank that it waits for has moved
// no byte for `seconds`.
std::unique_ptr<HostCollectives> make_tcp_collectives(std::vector<Peer>, int rank, double seconds);

}  // namespace engine
