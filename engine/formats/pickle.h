// Reads Python's pickles as data. Nothing is ever called or imported: a class or function in a
// pickle becomes a name, and a call of it becomes a value with that name.
#pragma once
#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace engine {

struct PickleValue {
  enum Kind {
    nothing,  // None, or a number that is no integer
    integer,  // also True and False
    text,
    list,        // or a tuple: `items`
    dictionary,  // `items`: key, value, key, value, ...
    name,        // of a class or function: `text`
    call,        // of the name `text` with `items`, the arguments
    outside      // something outside of the pickle; `items` say what
  };
  Kind kind = nothing;
  int64_t number = 0;
  std::string words;            // of a text, a name, a call
  std::vector<uint32_t> items;  // numbers of other values
};

class Pickle {
 public:
  // Reads one pickle from the beginning of `bytes`. Only the names in `allowed` may stand in it.
  // Bounds: a million values. Throws Error(checkpoint), one line that begins with `where`.
  Pickle(std::string_view bytes, std::span<const std::string_view> allowed,
         const std::string& where);

  const PickleValue& root() const { return at(root_); }
  const PickleValue& at(uint32_t number) const { return values_[number]; }
  uint32_t size() const { return uint32_t(values_.size()); }
  size_t bytes() const { return bytes_; }  // that the pickle took

 private:
  friend class PickleReader;
  std::deque<PickleValue> values_;
  uint32_t root_ = 0;
  size_t bytes_ = 0;
};

}  // namespace engine
