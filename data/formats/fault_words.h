// Translates messages of a parser's library into words that a user knows.
#pragma once
#include <span>
#include <string_view>

namespace data {

struct FaultWords {  // a part of a message, and what to say if a message has it
  std::string_view sign, words;
};

// The words of the first entry whose sign occurs in the message. Empty if none does.
inline std::string_view words_for(std::span<const FaultWords> faults, std::string_view message) {
  for (const FaultWords& fault : faults)
    if (message.find(fault.sign) != message.npos) return fault.words;
  return {};
}

}  // namespace data
