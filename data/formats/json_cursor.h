// Feeds the bytes of a file to the JSON library, and knows the position at any time.
#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

namespace data {

// The library sees the bytes from `at` to `limit`, and then those from `resume` on, if it is set.
// This has two uses, and neither costs time per byte:
//
// * The library buffers a whole token before it reports it. A limit that moves on with every token
//   bounds that buffer.
// * A long value that nobody needs can be hidden from the library.
struct JsonCursor {
  static constexpr size_t kLongestToken = size_t{1} << 20;

  explicit JsonCursor(std::string_view text)
      : begin(text.data()), at(begin), end(begin + text.size()) {
    token_read();
  }
  // Moves the limit on. Handlers call this for every event.
  void token_read() {
    if (!resume) limit = at + std::min<size_t>(end - at, kLongestToken + 64);
  }
  // Hides the next value if it is an array or an object, so that the library finds it empty. It is
  // called right after a key. Nothing is hidden if the value's brackets do not match; otherwise its
  // content is not checked. Returns the first byte after the opening bracket that is not a blank,
  // or 0 if nothing is hidden.
  char hide_value();
  // Whether there are more bytes; moves to `resume` if it is time.
  bool more() { return at != limit || next_piece(); }
  // Whether the library has stopped because a token is too long.
  bool stopped_by_limit() const { return at == limit && limit != end; }
  size_t offset() const { return at - begin; }
  std::string_view rest() const { return {at, size_t(end - at)}; }

  const char* begin;
  const char* at;
  const char* end;
  const char* limit = nullptr;
  const char* resume = nullptr;

 private:
  bool next_piece();
};

inline constexpr int kDeepestJson = 64;  // how deep arrays and objects may be nested

// The integer that a float equals, if there is one. Some writers turn every number into a float, so
// 17.0 may be the id 17.
std::optional<int64_t> whole_number(double value);

// Says what is wrong with the text at the cursor, for which the library gave this message: what
// json_fault() makes of it, or that a token is too long.
std::string syntax_problem(const JsonCursor&, const std::string& message);

// The iterator that the library gets. All its copies share one position, that of the cursor.
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
