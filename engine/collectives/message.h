// The header of a message from one rank to another. Both sides make the same calls, so a header
// that differs from the receiver's own shows that the two ranks are at different calls.
#pragma once
#include <array>
#include <cstdint>
#include <string>

#include "kernels/view.h"

namespace engine {

enum class MessageKind : uint8_t { sum = 1, sums, gather, broadcast, bytes, abort };

// Numbers are in the byte order of the machine. A rank with another order fails at the first one.
struct MessageHeader {
  static constexpr uint32_t kMagic = 0x53443332;
  static constexpr size_t kNameLength = 32;

  uint32_t magic = kMagic;
  MessageKind kind = MessageKind::bytes;
  kernels::DType dtype = kernels::DType::u8;
  uint16_t code = 0;  // the exit code of an abort
  uint64_t call = 0;  // how many calls came before; each part of a large sum counts as one
  uint64_t bytes = 0;
  std::array<char, kNameLength> what{};  // ends with a zero
};
static_assert(sizeof(MessageHeader) == 56);

MessageHeader make_header(MessageKind, const char* what, uint64_t call, kernels::DType,
                          size_t bytes);

// "the sum of gradients"
std::string call_in_words(const MessageHeader&);
// The same with what tells it from other calls: "the sum of gradients (call 17, 4096 bytes of f32)"
std::string call_in_detail(const MessageHeader&);

// Whether both sides make the same call. Lengths may differ where `any_length`.
bool same_call(const MessageHeader&, const MessageHeader&, bool any_length);

}  // namespace engine
