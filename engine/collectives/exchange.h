// Sends messages to several ranks and receives theirs at the same time, in one thread that waits
// for whichever rank is ready.
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
  MessageHeader send_header, expected;  // `expected.bytes` counts if the length is fixed
  const void* send_from = nullptr;
  void* receive_into = nullptr;
  std::string* receive_any = nullptr;  // in place of receive_into: takes any length
};

// Reads the words that follow the header of a message that ends the run.
std::string read_last_words(const Peer&, const MessageHeader&);

// Carries out all transfers. Throws Error(resources), which names the ranks that have moved no byte
// for `seconds`, that are gone, or that make another call. If a rank has ended the run, throws
// Error with that rank's code and words.
void exchange(std::vector<Transfer> transfers, double seconds);

}  // namespace engine
