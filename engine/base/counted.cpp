#include "engine/base/counted.h"

namespace base {

std::string noun_for(int64_t count, std::string_view noun) {
  constexpr std::string_view kVowels = "aeiou";
  std::string text(noun);
  if (count == 1 || noun.empty()) return text;
  const bool consonant = noun.size() > 1 && kVowels.find(noun[noun.size() - 2]) == noun.npos;
  if (noun.ends_with('y') && consonant) {
    text.pop_back();
    return text + "ies";
  }
  const bool hisses =
      noun.ends_with('x') || noun.ends_with('s') || noun.ends_with("ch") || noun.ends_with("sh");
  return text + (hisses ? "es" : "s");
}

std::string counted(int64_t count, std::string_view noun) {
  return std::to_string(count) + " " + noun_for(count, noun);
}

}  // namespace base
