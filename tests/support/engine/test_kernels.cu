#include "tests/support/engine/test_kernels.h"

#include "kernels/simt.h"
#include "kernels/simt_columns.h"

namespace tests {

using namespace kernels;

namespace {

struct Twice {
  HD float operator()(int x) const { return 2 * float(x); }
};

struct Count {
  int* counts;
  HD void operator()(int i) const { ++counts[i]; }
};

struct Reverse {
  const int* in;
  int* out;
  template <class Block> HD void operator()(Block block) const {
    SHARED Shared<int, kReversed> tile;
    const int64_t first = block.index * kReversed;
    block.each(kReversed, [&](int i) { tile[i] = in[first + i]; });
    int last = block.read(tile, kReversed - 1);
    block.each(kReversed, [&](int i) { out[first + i] = i == 0 ? last : tile[kReversed - 1 - i]; });
  }
};

struct Reduce {
  const float* x;
  float *sums, *most;
  int n;
  template <class Block> HD void operator()(Block block) const {
    float sum = block.reduce(n, 0.0f, Sum{}, [&](int i) { return x[i]; });
    float largest = block.reduce(n, -INFINITY, Max{}, [&](int i) { return x[i]; });
    block.once([&] {
      sums[block.index] = sum;
      most[block.index] = largest;
    });
  }
};

struct Rounds {  // each round's phases use the shared memory of the round before
  float *reads, *sums;
  int rounds;
  template <class Block> HD void operator()(Block block) const {
    SHARED Shared<int, 64> tile;
    int read = 0;
    for (int round = 0; round < rounds; ++round) {
      block.each(64, [&](int i) { tile[i] = i + 64 * round; });
      read += block.read(tile, round);
    }
    float sum = 0;
    for (int round = 0; round < rounds; ++round)
      sum += block.reduce(64, 0.0f, Sum{}, [&](int i) { return float(i + 64 * round); });
    block.once([&] {
      reads[block.index] = float(read);
      sums[block.index] = sum;
    });
  }
};

struct ScaleColumns {
  const float *in, *factor;
  float* out;
  int channels;
  template <int V> HD Pack<float, V> channel(int c) const { return load<V>(factor + c); }
  HD int64_t row(int r) const { return int64_t(r) * channels; }
  template <int V> HD Pack<float, V> read(int64_t row, int c) const {
    return load<V>(in + row + c);
  }
  template <int V>
  HD void write(const Pack<float, V>& k, Pack<float, V> x, int64_t row, int c) const {
    UNROLL(4)
    for (int i = 0; i < V; ++i) x.at[i] *= k.at[i];
    store<V>(out + row + c, x);
  }
};

struct Delay {
  int microseconds;
  HD void operator()(int) const {
#ifdef DEVICE_PATH
    device::sleep(microseconds);
#endif
  }
};

// --- faults: on a GPU only, where a tool or the driver must find them ---------------------------

struct WriteOutside {
  int* memory;
  HD void operator()(int i) const { memory[i + (int64_t(1) << 40)] = i; }
};

struct StopHere {
  int* memory;
  HD void operator()(int i) const {
#ifdef DEVICE_PATH
    device::trap();
#endif
    memory[i] = i;
  }
};

struct ReadNeighbour {  // what another warp writes in the same phase
  int* memory;
  template <class Block> HD void operator()(Block block) const {
    SHARED Shared<int, 64> tile;
    block.each(64, [&](int i) { tile[i] = 0; });
    block.each(64, [&](int i) {
      tile[i] = i;
      memory[i] = tile[63 - i];
    });
  }
};

struct ReadUnwritten {
  int* memory;
  HD void operator()(int i) const { memory[i] = memory[63 - i] + 1; }
};

struct HalfABarrier {
  int* memory;
  template <class Block> HD void operator()(Block block) const {
#ifdef DEVICE_PATH
    if constexpr (Block::kOnDevice)
      if (device::thread() % 32 < 16) device::barrier<HalfABarrier>();
#endif
    block.each(64, [&](int i) { memory[i] = i; });
  }
};

}  // namespace

void twice(Queue queue, View in, View out) {
  map(queue, in.shape.size(), Twice{}, out.as<float>(), in.as<const int>());
}

void count_each(Queue queue, View counts) {
  each(queue, counts.shape.size(), Count{counts.as<int>()});
}

void reverse_blocks(Queue queue, View in, View out) {
  blocks<64>(queue, in.shape.size() / kReversed, Reverse{in.as<int>(), out.as<int>()});
}

void reduce_blocks(Queue queue, int threads, View x, View sums, View most) {
  const Reduce kernel{x.as<float>(), sums.as<float>(), most.as<float>(), int(x.shape.size())};
  const int64_t count = sums.shape.size();
  if (threads == 32) blocks<32>(queue, count, kernel);
  if (threads == 64) blocks<64>(queue, count, kernel);
  if (threads == 256) blocks<256>(queue, count, kernel);
  if (threads == 1024) blocks<1024>(queue, count, kernel);
}

void phases_in_rounds(Queue queue, int rounds, View reads, View sums) {
  blocks<64>(queue, sums.shape.size(), Rounds{reads.as<float>(), sums.as<float>(), rounds});
}

void scale_columns(Queue queue, View in, View factor, View out) {
  const int64_t channels = factor.shape.size();
  rows<float>(queue, in.shape[0], channels,
              ScaleColumns{in.as<float>(), factor.as<float>(), out.as<float>(), int(channels)});
}

void delay(Queue queue, int microseconds) { each(queue, 1, Delay{microseconds}); }

void plant(Queue queue, Fault fault, View memory) {
  if (!queue.gpu) throw std::logic_error("planted faults are for GPUs");
  int* at = memory.as<int>();
  if (fault == Fault::out_of_bounds) each(queue, 1, WriteOutside{at});
  if (fault == Fault::trap) each(queue, 1, StopHere{at});
  if (fault == Fault::race) blocks<64>(queue, 1, ReadNeighbour{at});
  if (fault == Fault::uninitialised) each(queue, 64, ReadUnwritten{at});
  if (fault == Fault::divergence) blocks<64>(queue, 1, HalfABarrier{at});
}

}  // namespace tests
