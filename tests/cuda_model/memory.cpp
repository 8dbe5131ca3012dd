#include "tests/cuda_model/memory.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <set>
#include <vector>

#include "tests/cuda_model/model.h"
#include "tests/cuda_model/settings.h"

namespace cuda_model {
namespace {

constexpr size_t kPage = 4096;
constexpr size_t kAlignment = 256;  // "at least 256 bytes" (CUDA C++ Programming Guide): no more
constexpr size_t kFilled = size_t(2) << 20;  // bytes of one copy of the fill
constexpr size_t kSpace = size_t(1) << 40;   // addresses of one device, never used twice
constexpr int kClosed = -2;

size_t up(size_t n, size_t to) { return (n + to - 1) / to * to; }

// A file full of kFill. Its private mappings cost memory only where they are written.
int filled_file() {
  static const int file = [] {
    const int made = memfd_create("cuda_model_fill", MFD_CLOEXEC);
    const std::vector<uint16_t> fill(kFilled / 2, kFill);
    if (made < 0 || write(made, fill.data(), kFilled) != ssize_t(kFilled))
      fail("no memory for the model");
    return made;
  }();
  return file;
}

// The addresses of one device: pieces one after the other, each between untouchable pages.
struct Space {
  uintptr_t begin = 0, next = 0;
  size_t in_use = 0;
};

struct Placed : Piece {
  uintptr_t first_page = 0;
  size_t pages = 0;       // bytes
  bool is_open = false;   // work may touch it
  bool was_open = false;  // since its surroundings were checked
};

struct Memory {
  std::map<int, Space> spaces;
  std::map<uintptr_t, Placed> pieces;  // by base
  std::set<Placed*> alive;             // those not given back
  int open = kClosed;                  // the device whose memory is open
  std::vector<Placed*> opened;         // what work has touched since then
};

Memory& memory() {
  static Memory& all = *new Memory;  // never destroyed: the signal handler reads it
  return all;
}

Space& space_of(int device) {
  Space& space = memory().spaces[device];
  if (space.begin) return space;
  void* p = mmap(nullptr, kSpace, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) fail("no addresses for the model");
  space.begin = uintptr_t(p);
  space.next = space.begin + kPage;
  return space;
}

bool accessible(int device) {
  const int open = memory().open;
  return device == kHost || open == kHost || open == device;
}

void map_filled(uintptr_t first_page, size_t bytes, int device) {
  for (size_t done = 0; done < bytes; done += kFilled)
    if (mmap(reinterpret_cast<void*>(first_page + done), std::min(kFilled, bytes - done),
             device == kHost ? PROT_READ | PROT_WRITE : PROT_NONE, MAP_PRIVATE | MAP_FIXED,
             filled_file(), 0) == MAP_FAILED)
      fail("no memory for the model");
}

void protect(const Placed& piece, int how) {
  if (mprotect(reinterpret_cast<void*>(piece.first_page), piece.pages, how) != 0)
    fail("memory cannot be protected");
}

void switch_to(int device) {
  Memory& m = memory();
  if (m.open == device) return;
  m.open = device;
  std::erase_if(m.opened, [](Placed* piece) {
    if (accessible(piece->device)) return false;
    protect(*piece, PROT_NONE);
    piece->is_open = false;
    return true;
  });
}

// Whether [from, to), less than a page, still holds the fill that it had when the piece was given
// out.
bool untouched(uintptr_t from, uintptr_t to, uintptr_t first_page) {
  static const std::vector<uint16_t> fill(kPage / 2 + 1, kFill);
  const auto* expected = reinterpret_cast<const char*>(fill.data()) + (from - first_page) % 2;
  return std::memcmp(reinterpret_cast<const void*>(from), expected, to - from) == 0;
}

void check(Placed& piece) {
  const uintptr_t end = piece.base + piece.bytes, last = piece.first_page + piece.pages;
  const bool full = piece.base == piece.first_page && end == last;
  if (full || (piece.device != kHost && !piece.was_open)) return;
  const bool closed = piece.device != kHost && !piece.is_open;
  if (closed) protect(piece, PROT_READ);
  const bool before = untouched(piece.first_page, piece.base, piece.first_page);
  const bool behind = untouched(end, last, piece.first_page);
  if (closed) protect(piece, PROT_NONE);
  piece.was_open = piece.is_open;
  if (!before || !behind)
    fail(std::string("bytes ") + (before ? "behind" : "before") +
         " a piece of memory were written: " + told(reinterpret_cast<void*>(piece.base)));
}

}  // namespace

void* take_memory(int device, size_t bytes) {
  Space& space = space_of(device);
  const size_t wanted = up(bytes, kAlignment);
  if (device != kHost && wanted > settings().memory - space.in_use) return nullptr;
  Placed piece;
  piece.pages = up(wanted, kPage);
  piece.first_page = space.next;
  piece.base = piece.first_page + piece.pages - wanted;
  piece.bytes = bytes;
  piece.device = device;
  map_filled(piece.first_page, piece.pages, device);
  space.next += piece.pages + kPage;
  space.in_use += wanted;
  memory().alive.insert(&(memory().pieces[piece.base] = piece));
  return reinterpret_cast<void*>(piece.base);
}

bool give_memory_back(void* p, bool pinned) {
  auto found = memory().pieces.find(uintptr_t(p));
  if (found == memory().pieces.end() || (found->second.device == kHost) != pinned) return false;
  Placed& piece = found->second;
  if (piece.given_back) fail("memory was given back twice: " + told(p));
  check(piece);
  // Fresh pages without access: the memory itself is free again, the addresses stay taken.
  mmap(reinterpret_cast<void*>(piece.first_page), piece.pages, PROT_NONE,
       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);
  memory().spaces[piece.device].in_use -= up(piece.bytes, kAlignment);
  memory().alive.erase(&piece);
  std::erase(memory().opened, &piece);
  piece.given_back = true;
  return true;
}

const Piece* piece_at(const void* p) {
  const auto& pieces = memory().pieces;
  auto next = pieces.upper_bound(uintptr_t(p));
  if (next == pieces.begin()) return nullptr;
  const Placed& piece = std::prev(next)->second;
  return uintptr_t(p) < piece.base + std::max<size_t>(piece.bytes, 1) ? &piece : nullptr;
}

std::string told(const void* p) {
  const auto& pieces = memory().pieces;
  const uintptr_t at = uintptr_t(p);
  char address[32];
  std::snprintf(address, sizeof address, "%p: ", p);
  auto next = pieces.upper_bound(at + kPage);  // the page before a piece belongs to it
  if (next == pieces.begin()) return std::string(address) + "no memory of the model";
  auto near = std::prev(next);
  if (near->second.base > at && near != pieces.begin() &&
      at < std::prev(near)->second.base + std::prev(near)->second.bytes + kPage)
    --near;
  const Placed& piece = near->second;
  const size_t end = piece.base + piece.bytes;
  if (at > end + (size_t(1) << 30)) return std::string(address) + "no memory of the model";
  const std::string where = at < piece.base ? std::to_string(piece.base - at) + " bytes before "
                            : at < end      ? "byte " + std::to_string(at - piece.base) + " of "
                                            : std::to_string(at - end) + " bytes past the end of ";
  return address + where + std::to_string(piece.bytes) + " bytes of " +
         (piece.device == kHost ? "pinned memory" : "device " + std::to_string(piece.device)) +
         (piece.given_back ? ", which were given back" : "");
}

bool is_of_the_model(const void* p) {
  for (const auto& [device, space] : memory().spaces)
    if (uintptr_t(p) - space.begin < kSpace) return true;
  return false;
}

bool in_a_device(const void* p) {
  const auto pinned = memory().spaces.find(kHost);
  return is_of_the_model(p) &&
         (pinned == memory().spaces.end() || uintptr_t(p) - pinned->second.begin >= kSpace);
}

size_t memory_in_use(int device) { return memory().spaces[device].in_use; }

int pieces_alive() { return int(memory().alive.size()); }

void check_surroundings() {
  for (Placed* piece : memory().alive) check(*piece);
}

// Opened are only the pieces that work touches: there are many others.
bool open_for_work(const void* touched) {
  auto next = memory().pieces.upper_bound(uintptr_t(touched) + kPage);
  for (int near = 0; near < 2 && next != memory().pieces.begin(); ++near) {
    Placed& piece = (--next)->second;
    if (uintptr_t(touched) - piece.first_page >= piece.pages) continue;
    if (piece.given_back || piece.is_open || !accessible(piece.device)) return false;
    protect(piece, PROT_READ | PROT_WRITE);
    piece.is_open = piece.was_open = true;
    memory().opened.push_back(&piece);
    return true;
  }
  return false;
}

void open_memory(int device) { switch_to(device); }
void close_memory() { switch_to(kClosed); }

bool is_device_pointer(const void* p) {
  const Piece* piece = piece_at(p);
  return piece && piece->device != kHost && !piece->given_back;
}

size_t bytes_behind(const void* p) {
  const Piece* piece = piece_at(p);
  return piece && !piece->given_back ? piece->base + piece->bytes - uintptr_t(p) : 0;
}

}  // namespace cuda_model
