// What is said of a text that is no JSON: plain words, and behind them those of the library.
#include "data/formats/json_fault.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "tests/support/catch.h"

using Catch::Contains, Catch::StartsWith;

namespace {

std::string fault_of(const std::string& text) {
  try {
    std::ignore = nlohmann::json::parse(text, nullptr, true, true);
  } catch (const nlohmann::json::exception& error) {
    return data::json_fault(error.what());
  }
  return "";
}

}  // namespace

TEST_CASE("faults of JSON have plain words") {
  const std::pair<const char*, const char*> rows[] = {
      {"[1, 2", "the text ends before all brackets are closed"},
      {"", "the text ends before all brackets are closed"},
      {"{\"a\": \"b", "the text ends within quotes"},
      {"{\"a\" 1}", "expected : behind a name"},
      {"{\"a\": 1 \"b\": 2}", "expected , or } behind a value"},
      {"[1 2]", "expected , or ] behind a value"},
      {"{a: 1}", "expected a name in double quotes and a colon"},
      {"{'a': 1}", "expected a name in double quotes and a colon"},
      {"{\"a\": 1,}", "expected a name before }; is there a comma too many?"},
      {"[1,]", "expected a value before ]; is there a comma too many?"},
      {"[yes]", "expected a value: a number"},
      {"{} {}", "more text behind the last closing bracket"},
      {"{} x", "more text behind the last closing bracket"},
      {"{} \"x", "more text behind the last closing bracket"},
      {"{} -", "more text behind the last closing bracket"},
      {"[1e999]", "a number that is too large"},
      {"[1.]", "a number that is cut off"},
      {"[-]", "a number that is cut off"},
      {"[\"\xff\"]", "a byte that is not UTF-8"},
      {"[\"a\nb\"]", "a line break or control character within quotes"},
      {"[\"\\ud800\"]", "an escape \\u that is no character"},
      {"[\"\\u12\"]", "expected four hexadecimal digits"},
      {"[\"C:\\data\"]", "a \\ before a letter that needs none; write a backslash as \\\\"},
      {"[1, /* two", "a comment without its */"},
      {"[1, / 2]", "expected a value, found /"}};
  for (const auto& [text, words] : rows) {
    INFO(text);
    CHECK_THAT(fault_of(text), StartsWith(std::string("no valid JSON: ") + words));
    CHECK_THAT(fault_of(text),
               Contains(" (") && !Contains("json.exception") && !Contains("line 1"));
  }
}

TEST_CASE("what a text holds is not taken for the library's words") {
  CHECK_THAT(fault_of("[number overflow unexpected end of input"),
             StartsWith("no valid JSON: expected a value"));
  CHECK_THAT(fault_of("[\"" + std::string(1000, 'x') + "\n"), !Contains(std::string(300, 'x')));
}
