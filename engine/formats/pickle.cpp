#include "engine/formats/pickle.h"

#include <algorithm>
#include <cstring>
#include <unordered_map>

#include "engine/base/error.h"
#include "engine/base/text.h"

namespace engine {
namespace {

constexpr size_t kMostValues = 1'000'000, kLongestNumber = 8;

}  // namespace

// A machine with a stack. The opcodes are those of Python's pickletools that a dictionary of
// tensors needs in the protocols 2 to 4.
class PickleReader {
 public:
  PickleReader(Pickle& pickle, std::string_view bytes, std::span<const std::string_view> allowed,
               const std::string& where)
      : pickle_(pickle), bytes_(bytes), allowed_(allowed), where_(where) {}

  void read() {
    for (char opcode = next(); opcode != '.'; opcode = next())
      if (!constant(opcode) && !counted(opcode) && !collection(opcode) && !memory(opcode) &&
          !object(opcode))
        refuse("it uses opcode " + std::to_string(static_cast<unsigned char>(opcode)) +
               " at byte " + std::to_string(at_ - 1) +
               ", which a dictionary of tensors does not need");
    pickle_.root_ = pop();
    pickle_.bytes_ = at_;
  }

 private:
  using Kind = PickleValue::Kind;

  bool constant(char opcode) {
    switch (opcode) {
      case '\x80':  // PROTO
        if (const auto protocol = number(1); protocol < 2 || protocol > 5)
          refuse("a pickle of protocol " + std::to_string(protocol) + ", expected 2 to 5");
        return true;
      case '\x95':  // FRAME
        take(8);
        return true;
      case 'N':
        return push({});
      case 'G':  // a float
        take(8);
        return push({});
      case '\x88':
      case '\x89':
        return push({.kind = Kind::integer, .number = opcode == '\x88'});
      case 'J':
        return push({.kind = Kind::integer, .number = int32_t(number(4))});
      case 'K':
      case 'M':
        return push({.kind = Kind::integer, .number = number(opcode == 'K' ? 1 : 2)});
      default:
        return false;
    }
  }

  // What has a length before it.
  bool counted(char opcode) {
    switch (opcode) {
      case '\x8a': {  // LONG1: bytes of any number; longer ones are a magic number at most
        const size_t length = size_t(number(1));
        if (length <= kLongestNumber) {
          const int64_t value = number(length);
          const size_t unused = 8 * (kLongestNumber - length);
          return push({.kind = Kind::integer,
                       .number = length ? int64_t(uint64_t(value) << unused) >> unused : 0});
        }
        return push({.kind = Kind::text, .words = std::string(take(length))});
      }
      case '\x8c':  // SHORT_BINUNICODE
        return push({.kind = Kind::text, .words = std::string(take(size_t(number(1))))});
      case 'X':  // BINUNICODE
        return push({.kind = Kind::text, .words = std::string(take(size_t(number(4))))});
      case 'U':  // SHORT_BINSTRING, of Python 2
        return push({.kind = Kind::text, .words = std::string(take(size_t(number(1))))});
      default:
        return false;
    }
  }

  bool collection(char opcode) {
    switch (opcode) {
      case '(':
        marks_.push_back(stack_.size());
        return true;
      case ')':
      case ']':
        return push({.kind = Kind::list});
      case '}':
        return push({.kind = Kind::dictionary});
      case 't':
        return push({.kind = Kind::list, .items = since_mark()});
      case '\x85':
      case '\x86':
      case '\x87':
        return push({.kind = Kind::list, .items = popped(size_t(opcode - '\x84'))});
      case 'a':
        return append(Kind::list, popped(1));
      case 'e':
        return append(Kind::list, since_mark());
      case 's':
        return append(Kind::dictionary, popped(2));
      case 'u':
        return append(Kind::dictionary, since_mark());
      default:
        return false;
    }
  }

  bool memory(char opcode) {
    switch (opcode) {
      case 'q':
      case 'r':
        return remember(uint32_t(number(opcode == 'q' ? 1 : 4)));
      case '\x94':  // MEMOIZE
        return remember(uint32_t(memo_.size()));
      case 'h':
      case 'j': {
        const auto found = memo_.find(uint32_t(number(opcode == 'h' ? 1 : 4)));
        if (found == memo_.end()) refuse("it recalls what it has not stored");
        stack_.push_back(found->second);
        return true;
      }
      default:
        return false;
    }
  }

  bool object(char opcode) {
    switch (opcode) {
      case 'c': {  // GLOBAL: two lines
        const std::string module = line();
        return global(module, line());
      }
      case '\x93': {  // STACK_GLOBAL
        const std::vector<uint32_t> words = popped(2);
        return global(pickle_.at(words[0]).words, pickle_.at(words[1]).words);
      }
      case 'R': {  // REDUCE: a call
        const std::vector<uint32_t> parts = popped(2);
        const PickleValue &callee = pickle_.at(parts[0]), &arguments = pickle_.at(parts[1]);
        if (callee.kind != Kind::name || arguments.kind != Kind::list)
          refuse("it calls what is no function");
        if (callee.words == "collections.OrderedDict" && arguments.items.empty())
          return push({.kind = Kind::dictionary});
        return push({.kind = Kind::call, .words = callee.words, .items = copied(arguments)});
      }
      case 'b':  // BUILD: attributes, such as the versions of a state dict's parts
        pop();
        return true;
      case 'Q':  // BINPERSID
        return push({.kind = Kind::outside, .items = copied(pickle_.at(pop()))});
      default:
        return false;
    }
  }

  bool global(const std::string& module, const std::string& name) {
    const std::string whole = module + "." + name;
    if (std::find(allowed_.begin(), allowed_.end(), whole) == allowed_.end())
      refuse("it holds " + base::printable_path(whole) + ", which is no tensor");
    return push({.kind = Kind::name, .words = whole});
  }

  bool push(PickleValue value) {
    if (pickle_.values_.size() == kMostValues)
      refuse("more than " + std::to_string(kMostValues) + " values");
    stack_.push_back(uint32_t(pickle_.values_.size()));
    pickle_.values_.push_back(std::move(value));
    return true;
  }

  uint32_t pop() { return popped(1)[0]; }

  std::vector<uint32_t> popped(size_t number) {
    const size_t floor = marks_.empty() ? 0 : marks_.back();
    if (stack_.size() < floor + number) refuse("its stack is too short");
    std::vector<uint32_t> top(stack_.end() - int64_t(number), stack_.end());
    stack_.resize(stack_.size() - number);
    return top;
  }

  std::vector<uint32_t> since_mark() {
    if (marks_.empty()) refuse("a mark is missing");
    std::vector<uint32_t> top(stack_.begin() + int64_t(marks_.back()), stack_.end());
    stack_.resize(marks_.back());
    marks_.pop_back();
    return top;
  }

  bool append(Kind kind, const std::vector<uint32_t>& more) {
    const uint32_t to = popped(1)[0];
    stack_.push_back(to);
    std::vector<uint32_t>& items = pickle_.values_[to].items;
    if (pickle_.at(to).kind != kind || (kind == Kind::dictionary && more.size() % 2 != 0))
      refuse("it adds to what is no collection");
    count(more.size());
    items.insert(items.end(), more.begin(), more.end());
    return true;
  }

  // A collection may be copied again and again, so the copies count, too.
  const std::vector<uint32_t>& copied(const PickleValue& value) {
    count(value.items.size());
    return value.items;
  }

  void count(size_t more) {
    items_ += more;
    if (items_ > kMostValues) refuse("more than " + std::to_string(kMostValues) + " items");
  }

  bool remember(uint32_t key) {
    const uint32_t top = popped(1)[0];
    stack_.push_back(top);
    memo_[key] = top;
    return true;
  }

  char next() { return take(1)[0]; }

  std::string_view take(size_t count) {
    if (count > bytes_.size() - at_) refuse("it is cut off");
    at_ += count;
    return bytes_.substr(at_ - count, count);
  }

  int64_t number(size_t count) {
    uint64_t value = 0;
    std::memcpy(&value, take(count).data(), count);
    return int64_t(value);
  }

  std::string line() {
    const size_t end = bytes_.find('\n', at_);
    if (end == std::string_view::npos) refuse("it is cut off");
    std::string text(take(end - at_));
    take(1);
    return text;
  }

  [[noreturn]] void refuse(const std::string& what) const {
    base::fail(base::ExitCode::checkpoint, where_, what);
  }

  Pickle& pickle_;
  std::string_view bytes_;
  std::span<const std::string_view> allowed_;
  const std::string& where_;
  size_t at_ = 0, items_ = 0;
  std::vector<uint32_t> stack_;
  std::vector<size_t> marks_;
  std::unordered_map<uint32_t, uint32_t> memo_;
};

Pickle::Pickle(std::string_view bytes, std::span<const std::string_view> allowed,
               const std::string& where) {
  PickleReader(*this, bytes, allowed, where).read();
}

}  // namespace engine
