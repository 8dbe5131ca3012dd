#include "data/formats/json_text.h"

#include <array>
#include <cstdint>

#include "engine/base/error.h"

namespace data {
namespace {

constexpr int kDeepest = 60;  // less than the limit of the parser

constexpr std::array<bool, 256> kStructural = [] {
  std::array<bool, 256> table{};
  for (char c : {'"', '[', ']', '{', '}'}) table[static_cast<uint8_t>(c)] = true;
  return table;
}();

using base::ExitCode, base::fail;

// Walks over the values of one array or object.
class Walk {
 public:
  Walk(std::string_view text, char open, const std::string& path)
      : path_(path), at_(text.data()), end_(text.data() + text.size()) {
    if (text.starts_with("\xEF\xBB\xBF")) at_ += 3;
    at_ = skip_json_blanks(at_, end_);
    if (at_ == end_ || *at_ != open) refuse();
    ++at_;
  }
  // Moves to the next value or key. Returns false at the closing bracket.
  bool next() {
    at_ = skip_json_blanks(at_, end_);
    if (at_ != end_ && *at_ == ',') at_ = skip_json_blanks(at_ + 1, end_);
    if (at_ == end_) refuse();
    return *at_ != ']' && *at_ != '}';
  }
  std::string_view value() {
    const char* first = at_ = skip_json_blanks(at_, end_);
    if (at_ == end_) refuse();
    if (*at_ == '"') {
      at_ = skip_json_string(at_ + 1, end_);
    } else if (*at_ == '{' || *at_ == '[') {
      at_ = closing_json_bracket(at_, end_);
      if (at_) ++at_;
    } else {
      constexpr std::string_view kAfterScalar = ",]} \n\r\t";
      while (at_ != end_ && kAfterScalar.find(*at_) == std::string_view::npos) ++at_;
    }
    if (!at_) refuse();
    return {first, size_t(at_ - first)};
  }
  void colon() {
    at_ = skip_json_blanks(at_, end_);
    if (at_ == end_ || *at_ != ':') refuse();
    ++at_;
  }

 private:
  [[noreturn]] void refuse() const {
    fail(ExitCode::data, path_,
         ": not the expected JSON, or arrays and objects nested deeper than ", kDeepest);
  }

  const std::string& path_;
  const char* at_;
  const char* end_;
};

}  // namespace

std::vector<std::pair<std::string_view, std::string_view>> json_members(std::string_view object,
                                                                        const std::string& path) {
  std::vector<std::pair<std::string_view, std::string_view>> members;
  for (Walk walk(object, '{', path); walk.next();) {
    const std::string_view key = walk.value();
    walk.colon();
    members.emplace_back(key, walk.value());
  }
  return members;
}

std::vector<std::string_view> json_elements(std::string_view array, const std::string& path) {
  std::vector<std::string_view> elements;
  for (Walk walk(array, '[', path); walk.next();) elements.push_back(walk.value());
  return elements;
}

const char* skip_json_blanks(const char* at, const char* end) {
  while (at != end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t')) ++at;
  return at;
}

const char* skip_json_string(const char* at, const char* end) {
  while (at != end && *at != '"') at += *at == '\\' && end - at > 1 ? 2 : 1;
  return at == end ? nullptr : at + 1;
}

const char* closing_json_bracket(const char* at, const char* end) {
  uint64_t objects = 0;  // a stack of bits: 1 for {, 0 for [
  int depth = 0;
  while (true) {
    while (at != end && !kStructural[static_cast<uint8_t>(*at)]) ++at;
    if (at == end) return nullptr;
    char c = *at;
    if (c == '"') {
      if (!(at = skip_json_string(at + 1, end))) return nullptr;
      continue;
    }
    if (c == '[' || c == '{') {
      if (++depth > kDeepest) return nullptr;
      objects = objects << 1 | (c == '{');
    } else {
      if ((objects & 1) != (c == '}')) return nullptr;
      objects >>= 1;
      if (--depth == 0) return at;
    }
    ++at;
  }
}

}  // namespace data
