// What the messages of a parser's library mean, in words of a user.
#pragma once
#include <span>
#include <string_view>

namespace data {

struct FaultWords {
  std::string_view sign, words;
};

// The words of the first entry whose sign occurs in the message. Empty if none does.
inline std::string_view words_for(std::span<const FaultWords> faults, std::string_view message) {
  for (const FaultWords& fault : faults)
    if (message.find(fault.sign) != message.npos) return fault.words;
  return {};
}

}  // namespace data
