// Feeds mapped bytes to the JSON library and always knows where it stands.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace data {

// The library sees the bytes from `at` to `limit`, then those from `resume`, if any. Two uses,
// neither of which costs anything per byte: the library buffers a whole token before anyone sees
// it, and a limit that moves with every token bounds that buffer; and a long value that nobody
// needs is hidden.
struct JsonCursor {
  static constexpr size_t kLongestToken = size_t{1} << 20;

  explicit JsonCursor(std::string_view text)
      : begin(text.data()), at(begin), end(begin + text.size()) {
    token_read();
  }
  void token_read() {
    if (!resume) limit = at + std::min<size_t>(end - at, kLongestToken + 64);
  }
  // To be called right after a key. When an array or object follows, the library will find it
  // empty. What is hidden is checked for matching brackets only; when they do not match, nothing is
  // hidden. Returns the first byte of the value that is neither bracket nor blank; 0 when nothing
  // is hidden.
  char hide_value();
  bool more() { return at != limit || next_piece(); }
  bool stopped_by_limit() const { return at == limit && limit != end; }
  size_t offset() const { return at - begin; }

  const char* begin;
  const char* at;
  const char* end;
  const char* limit = nullptr;
  const char* resume = nullptr;

 private:
  bool next_piece();
};

inline constexpr int kDeepestJson = 64;  // arrays and objects in each other

// The integer that a number with a fraction or an exponent stands for, if it is one: some writers
// turn every number into a float, and 17.0 is the id 17.
std::optional<int64_t> whole_number(double value);

// What a message of the library says is wrong with the text, short and without the place, which the
// cursor knows better.
std::string syntax_problem(const JsonCursor&, const std::string& message);

// All copies share one position, so the cursor follows the library's copy.
struct JsonIterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  const char& operator*() const { return *cursor->at; }
  JsonIterator& operator++() {
    ++cursor->at;
    return *this;
  }
  JsonIterator operator++(int) {
    ++cursor->at;
    return *this;
  }
  // Compared only with the end of the input.
  bool operator==(const JsonIterator&) const { return !cursor->more(); }
  bool operator!=(const JsonIterator&) const { return cursor->more(); }

  JsonCursor* cursor;
};

}  // namespace data
