// Kernels that tests alone need: the executors of simt.h by themselves, delays, planted faults.
#pragma once
#include "kernels/queue.h"
#include "kernels/view.h"

namespace tests {

using kernels::Queue, kernels::View;

// out[i] = 2 * in[i]; in is i32, out f32.
void twice(Queue, View in, View out);
// ++counts[i], i32.
void count_each(Queue, View counts);
// Reverses every kReversed numbers (i32) through shared memory.
constexpr int kReversed = 99;
void reverse_blocks(Queue, View in, View out);
// Every block adds up all of x, and finds the largest: sums and most are [blocks], all f32.
// `threads` is 32, 64, 256 or 1024.
void reduce_blocks(Queue, int threads, View x, View sums, View most);
// In each of up to 64 rounds a block reads one number of shared memory, and adds up 64; both f32:
// reads = 65 * (0 + 1 + ... + rounds - 1), sums = 0 + 1 + ... + 64 * rounds - 1.
void phases_in_rounds(Queue, int rounds, View reads, View sums);
// out[row, c] = in[row, c] * factor[c], f32.
void scale_columns(Queue, View in, View factor, View out);

// Keeps a GPU's queue busy for about that long.
void delay(Queue, int microseconds);

enum class Fault { out_of_bounds, trap, race, uninitialised, divergence };
// A kernel with that fault, on `memory` of 64 or more i32 that nothing has written. For GPUs.
void plant(Queue, Fault, View memory);

}  // namespace tests
