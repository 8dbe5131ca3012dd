// Messages to and from several ranks at once, in one thread that waits for whichever is ready.
#pragma once
#include <string>
#include <vector>

#include "engine/collectives/message.h"
#include "engine/collectives/rendezvous.h"

namespace engine {

// One message to send to a rank, and one to receive from it.
struct Transfer {
  Peer* peer = nullptr;
  bool sends = false, receives = false;
  MessageHeader send_header, expected;  // `expected.bytes`: of fixed length
  const void* send_from = nullptr;
  void* receive_into = nullptr;
  std::string* receive_any = nullptr;  // instead: takes whatever length comes
};

// Error(resources) names the ranks that have moved no byte for `seconds`, that have gone, or that
// make another call; Error(its code): a rank has ended the run.
void exchange(std::vector<Transfer> transfers, double seconds);

}  // namespace engine
