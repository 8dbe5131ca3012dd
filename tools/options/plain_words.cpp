#include "tools/options/plain_words.h"

#include <fmt/format.h>

#include <cstdlib>
#include <optional>
#include <sstream>
#include <string_view>
#include <utility>

namespace tools {
namespace {

using Words = std::optional<std::string>;

// Each message of CLI11 stands above the function that rewrites it.

// The texts before and after a phrase.
std::optional<std::pair<std::string, std::string>> around(const std::string& message,
                                                          std::string_view phrase) {
  const size_t at = message.find(phrase);
  if (at == message.npos) return {};
  return std::pair(message.substr(0, at), message.substr(at + phrase.size()));
}

// "json was given a disallowed flag override"
Words value_of_a_flag(const std::string& message) {
  const auto found = around(message, " was given a disallowed flag override");
  if (!found) return {};
  return "--" + found->first + " takes no value";
}

// "--config: At Most 1 required but received 2"
Words given_often(const std::string& message) {
  const auto found = around(message, ": At Most 1 required but received ");
  if (!found) return {};
  return fmt::format("{} is given {} times, expected once", found->first, found->second);
}

// "--config: 1 required FILE missing"
Words without_value(const std::string& message) {
  const auto found = around(message, ": 1 required ");
  if (!found || !found->second.ends_with(" missing")) return {};
  const std::string kind = found->second.substr(0, found->second.find_first_of(" :"));
  return fmt::format("{} has no value, expected {} after it", found->first, kind);
}

// "--json excludes --watch"
Words together(const std::string& message) {
  const auto found = around(message, " excludes ");
  if (!found) return {};
  return fmt::format("{} and {} do not go together, expected one of them", found->first,
                     found->second);
}

// "--output requires --checkpoint"
Words alone(const std::string& message) {
  const auto found = around(message, " requires ");
  if (!found) return {};
  return fmt::format("{} needs {}, too", found->first, found->second);
}

// "Could not convert: --seed = abc", of options whose value is a number.
Words no_number(const std::string& message) {
  const auto found = around(message, "Could not convert: ");
  if (!found || !found->first.empty()) return {};
  const auto parts = around(found->second, " = ");
  if (!parts) return {};
  const auto& [name, value] = *parts;
  if (value.find_first_not_of("0123456789") == value.npos)
    return fmt::format("{}: {} is too large", name, value);
  char* end = nullptr;
  std::strtod(value.c_str(), &end);
  const bool number = end != value.c_str() && *end == 0;
  return fmt::format("{}: expected a {}number, found {}", name,
                     number ? "whole, not negative " : "", value);
}

// "9" of "9.000000"; whole numbers stay as they are.
std::string short_form(const std::string& number) {
  if (number.find_first_not_of("-0123456789") == number.npos) return number;
  return fmt::format("{:.12g}", std::strtod(number.c_str(), nullptr));
}

// "--count: Value 10 not in range 0.000000 to 9.000000", or "[0 - 9]"
Words outside_range(const std::string& message) {
  const auto found = around(message, ": Value ");
  if (!found) return {};
  const auto parts = around(found->second, " not in range ");
  if (!parts) return {};
  std::string ends = parts->second;
  for (char& c : ends)
    if (c == '[' || c == ']') c = ' ';
  std::istringstream words(ends);
  std::string least, between, most;
  if (!(words >> least >> between >> most)) return {};
  return fmt::format("{}: expected a number from {} to {}, found {}", found->first,
                     short_form(least), short_form(most), parts->first);
}

}  // namespace

std::string in_plain_words(const std::string& error, const std::string& message) {
  const std::pair<const char*, Words (*)(const std::string&)> kRewritten[] = {
      {"ArgumentMismatch", value_of_a_flag},
      {"ArgumentMismatch", given_often},
      {"ArgumentMismatch", without_value},
      {"ExcludesError", together},
      {"RequiresError", alone},
      {"ConversionError", no_number},
      {"ValidationError", outside_range}};
  for (const auto& [name, rewritten] : kRewritten)
    if (error == name)
      if (const Words words = rewritten(message)) return *words;
  return message;
}

}  // namespace tools
