// Memory that the model gives out. Device memory can be touched only while queued work of its
// device runs. Every piece ends at pages that nobody may touch, and is filled with kFill when it is
// given out; addresses are never given out again, so what uses memory too long is noticed.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace cuda_model {

// 0x7fff in every half word: NaN in f32, f16, bf16 and f64, far too large as an index.
constexpr uint16_t kFill = 0x7fff;

constexpr int kHost = -1;  // the "device" of pinned host memory

// Memory of `bytes` on the device, or pinned memory for kHost. Null: the device has no more.
void* take_memory(int device, size_t bytes);
// False: no such memory of that kind. A second release, and bytes changed around the memory, break
// a rule.
bool give_memory_back(void*, bool pinned);

struct Piece {
  uintptr_t base = 0;
  size_t bytes = 0;
  int device = kHost;
  bool given_back = false;
};
// The piece in which the address lies, or null. Pieces are never forgotten.
const Piece* piece_at(const void*);
// What a reader wants to know of an address: "16 bytes past the end of 1024 bytes of device 0 ...".
std::string told(const void*);
bool in_a_device(const void*);      // whether the address is set apart for some device
bool is_of_the_model(const void*);  // the same, or for pinned memory

size_t memory_in_use(int device);
int pieces_alive();
// Breaks a rule if bytes before or behind a living piece have changed.
void check_surroundings();

// Lets work touch the memory of that device, or of all for kHost, until close_memory().
void open_memory(int device);
// Whether work that stumbled over this address may go on: it is the first to touch that piece.
bool open_for_work(const void* touched);
void close_memory();

}  // namespace cuda_model
