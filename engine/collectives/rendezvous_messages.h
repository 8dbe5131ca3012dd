// The messages of ranks that are not connected yet. Only engine/collectives/rendezvous uses them.
#pragma once
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "engine/base/text.h"
#include "engine/collectives/rendezvous.h"

namespace engine {

constexpr size_t kHelloText = 128, kReasonText = 512;
constexpr std::array<char, 8> kRankMagic{'S', 'S', 'D', 'R', 'A', 'N', 'K', '1'};

template <size_t N> void put(std::array<char, N>& to, const std::string& text) {
  std::copy_n(text.begin(), std::min(text.size(), N - 1), to.begin());
}
template <size_t N> std::string text_in(const std::array<char, N>& from) {
  return base::printable(std::string(from.begin(), std::find(from.begin(), from.end(), '\0')));
}

// A rank's first message, to rank 0 and to the others. It is sent as plain bytes; texts end with a
// zero.
struct Hello {
  std::array<char, 8> magic = kRankMagic;
  std::array<char, kHelloText> job{}, host{};
  int32_t rank = 0, size = 0, port = 0, process = 0;
  int64_t mark = 0;  // tells this attempt to meet from others of the same process
};

// Rank 0's answer, at once, and again with the table when all ranks are there.
struct Answer {
  std::array<char, 8> magic = kRankMagic;
  int32_t refused = 0;
  std::array<char, kReasonText> reason{};
};

struct Entry {  // of the table
  std::array<char, kHelloText> address{}, host{};
  int32_t port = 0;
};

std::string own_host();
bool of_this_job(const Hello&, const RankPlace&);
// The deadline for the first message of a connection: soon, and never later than `deadline`.
Clock::time_point soon(Clock::time_point deadline);

// meet() for rank 0, and for the others.
std::vector<Peer> gather_as_host(const RankPlace&, double seconds, Clock::time_point deadline);
std::vector<Peer> gather_as_guest(const RankPlace&, double seconds, Clock::time_point deadline);

}  // namespace engine
