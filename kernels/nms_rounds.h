// The search behind nms.h, one block per image. Included by .cu files only.
//
// Boxes are taken in falling order of (score, lower class, lower anchor) over all classes at once.
// This gives the result that one search per class and a merge would give: earlier boxes of the same
// class (class-agnostic: of any class) alone decide whether a box is taken, and the merge has this
// order. So the search may stop as soon as max_total of the taken boxes have area left after
// clipping.
//
// Each round gathers the next boxes of that order, at most kTier, and sorts them. It then takes
// boxes from them, one tile after another: the threads compare all pairs of a tile at once, and one
// thread goes through the resulting bits. Boxes that an earlier round's boxes suppress are not
// gathered, so each round takes at least one. A floor keeps rounds small: it is the score of the
// rank-th best anchor, and anchors below it are looked at only when all above it have been used
// up.
#pragma once
#include "kernels/boxes.h"
#include "kernels/simt.h"

namespace kernels {

struct Min {
  template <class T> HD T operator()(T a, T b) const { return b < a ? b : a; }
};

constexpr int32_t kNotFinite = INT32_MAX, kNoRow = INT32_MIN;

// Integers that have the order of the floats.
HD int32_t float_order(float x) {
  int32_t bits = std::bit_cast<int32_t>(x);
  return bits ^ (bits >> 31 & 0x7fffffff);
}
HD float from_float_order(int32_t order) {
  return std::bit_cast<float>(order ^ (order >> 31 & 0x7fffffff));
}
HD bool is_finite(float x) { return (std::bit_cast<uint32_t>(x) & 0x7f800000) != 0x7f800000; }

// Where one image's search lies in the workspace.
struct NmsMemory {
  int32_t *row_order, *active;  // [anchors]: best value of an anchor; anchors above floor
  Box* taken;                   // every box taken so far, upright
  int32_t *next_taken, *last_taken,
      *count;  // per box: earlier one of its group; per group: latest; per class: how many
};

struct NmsTask {  // what does not depend on the source of scores
  const Box* boxes;
  const Box* windows;     // per image, or null
  const uint8_t* wanted;  // per class, or null
  int boxes_per_anchor;
  int anchors, classes;
  float score_threshold, iou_threshold;
  int max_per_class, max_total;
  bool clips, change_frame, agnostic;
  Box window;
  char* workspace;
  int64_t bytes_per_image;
  Box* out_boxes;
  float* out_scores;
  int32_t *out_classes, *out_anchors, *out_counts, *out_status;
};

template <class Source> struct NmsSearch {  // one block per image
  static constexpr int kTier = 4096, kThreads = 512;
  static constexpr int64_t kFirstRank = 1024, kRankGrowth = 4;
  static constexpr int kTile = 64, kParts = kThreads / kTile, kPart = kTile / kParts;

  Source source;
  NmsTask task;

  struct Floor {  // nothing of a score below `key`'s has a value of `raw` or more
    uint64_t key;
    float raw;
    bool lowest;
  };
  struct Range {  // keys looked for: [from, to)
    float raw;
    uint64_t from, to;
    int rows;
  };
  struct Result {
    int taken = 0, kept = 0;
  };
  struct Tile {                   // candidates that follow each other
    Shared<Box, kTile> box;       // upright
    Shared<int, kTile> class_of;  // -1: a box taken before this tile suppresses it
    Shared<uint8_t, kThreads>
        hit;                // [kTile][kParts]: bit i: candidate kPart * part + i overlaps it
    Shared<int, 2> result;  // taken and kept after this tile
  };

  static HD uint64_t score_key(float score) {
    return uint64_t(uint32_t(float_order(score)) ^ 0x80000000u) << 32;
  }
  HD uint64_t key_of(float score, int anchor, int c) const {
    return score_key(score) | uint32_t(~(uint32_t(c) * uint32_t(task.anchors) + uint32_t(anchor)));
  }
  static HD float score_of(uint64_t key) {
    return from_float_order(int32_t(uint32_t(key >> 32) ^ 0x80000000u));
  }
  // Only boxes of one group suppress each other.
  HD int group_of(int c) const { return task.agnostic ? 0 : c; }
  HD Box box_of(int64_t image, int anchor, int c) const {
    int64_t row = image * task.anchors + anchor;
    return task.boxes[row * task.boxes_per_anchor + (task.boxes_per_anchor > 1 ? c : 0)];
  }

  HD NmsMemory memory(int64_t image) const {
    char* at = task.workspace + image * task.bytes_per_image;
    auto next = [&]<class V>(V*, int64_t count) {
      V* p = reinterpret_cast<V*>(at);
      at += (count * int64_t(sizeof(V)) + 15) / 16 * 16;
      return p;
    };
    NmsMemory m;
    m.row_order = next((int32_t*)nullptr, task.anchors);
    m.active = next((int32_t*)nullptr, task.anchors);
    m.last_taken = next((int32_t*)nullptr, task.classes);
    m.count = next((int32_t*)nullptr, task.classes);
    m.taken = next((Box*)nullptr, most_taken(task));
    m.next_taken = next((int32_t*)nullptr, most_taken(task));
    return m;
  }
  static HD int64_t most_taken(const NmsTask& t) {
    return int64_t(t.max_per_class < t.anchors ? t.max_per_class : t.anchors) * t.classes;
  }
  static int64_t bytes_per_image(const NmsTask& t) {
    auto rounded = [](int64_t bytes) { return (bytes + 15) / 16 * 16; };
    return 2 * rounded(4 * int64_t(t.anchors)) + 2 * rounded(4 * int64_t(t.classes)) +
           most_taken(t) * 16 + rounded(4 * most_taken(t));
  }

  template <class Block> HD void operator()(Block block) const {
    SHARED Shared<uint64_t, kTier> keys;
    SHARED Shared<int, kThreads> entries;
    SHARED Shared<int, kThreads + 1> offset;
    NmsMemory m = memory(block.index);
    int64_t first = block.index * task.max_total;
    block.each(task.max_total, [&](int i) {
      task.out_boxes[first + i] = Box{0, 0, 0, 0};
      task.out_scores[first + i] = 0;
      task.out_classes[first + i] = task.out_anchors[first + i] = 0;
    });
    block.each(task.classes, [&](int c) { m.last_taken[c] = -1, m.count[c] = 0; });
    int32_t best = block.reduce(task.anchors, kNoRow, Max{}, [&](int i) { return m.row_order[i]; });
    Result r;
    if (best != kNotFinite && best != kNoRow) {
      // Sixteen units above the best anchor's score: no error of the sigmoid is that large.
      uint64_t to = score_key(source.score(from_float_order(best))) + (uint64_t(16) << 32);
      for (int64_t rank = kFirstRank;; rank *= kRankGrowth) {
        Floor floor = floor_at(block, m, rank);
        Range range{floor.raw, floor.key, to, list_rows(block, m, floor.raw, entries, offset)};
        while (r.kept < task.max_total && range.to > floor.key) {
          range.from = floor.key;
          int count = gather(block, m, range, keys, entries, offset);
          if (count > kTier) {
            narrow(block, m, range);
            count = gather(block, m, range, keys, entries, offset);
          }
          take_round(block, m, keys, count, r);
          range.to = range.from;
        }
        to = range.to;
        if (floor.lowest || r.kept >= task.max_total) break;
      }
    }
    block.once([&] {
      task.out_counts[block.index] = r.kept;
      task.out_status[block.index] = best == kNotFinite;
    });
  }

 private:
  // The floor that about `rank` anchors reach.
  template <class Block> HD Floor floor_at(Block block, const NmsMemory& m, int64_t rank) const {
    Floor lowest{score_key(task.score_threshold) + (uint64_t(1) << 32), -INFINITY, true};
    if (rank >= task.anchors) return lowest;
    int64_t low = kNoRow, high = kNotFinite;  // all reach low, none reaches high
    while (high - low > 1) {
      int64_t middle = low + (high - low) / 2;
      int reach = block.reduce(task.anchors, 0, Sum{},
                               [&](int i) { return int(m.row_order[i] >= int32_t(middle)); });
      (reach > rank ? low : high) = middle;
      if (reach <= rank && 2 * reach >= rank) break;
    }
    float raw = from_float_order(int32_t(high));
    float score = source.score(raw);
    if (!(score > task.score_threshold)) return lowest;
    return {score_key(score), source.lowest_with(raw, score), false};
  }

  HD bool suppressed(const NmsMemory& m, int64_t image, int anchor, int c) const {
    int last = m.last_taken[group_of(c)];
    if (last < 0) return false;
    if (m.count[c] >= task.max_per_class) return true;
    Box candidate = upright(box_of(image, anchor, c));
    for (int t = last; t >= 0; t = m.next_taken[t])
      if (suppression_iou(m.taken[t], candidate) > task.iou_threshold) return true;
    return false;
  }

  // f(key) for one thread's share of the live boxes in range: 32 threads to an anchor.
  template <class F>
  HD void visit(int64_t image, const NmsMemory& m, const Range& range, int thread, F f) const {
    for (int64_t unit = thread; unit < int64_t(range.rows) * 32; unit += kThreads) {
      int anchor = m.active[unit / 32];
      auto* row = source.row(image, anchor);
      for (int c = int(unit % 32); c < task.classes; c += 32) {
        float raw = source.value(row, c);
        if (raw < range.raw || (task.wanted && !task.wanted[c])) continue;
        uint64_t key = key_of(source.score(raw), anchor, c);
        if (key < range.from || key >= range.to) continue;
        if (!suppressed(m, image, anchor, c)) f(key);
      }
    }
  }

  template <class Block>
  HD int count_in(Block block, const NmsMemory& m, const Range& range) const {
    return block.reduce(kThreads, 0, Sum{}, [&](int thread) {
      int n = 0;
      visit(block.index, m, range, thread, [&](uint64_t) { ++n; });
      return n;
    });
  }

  // Raises range.from until at most kTier keys are in range, about half of that at least: first in
  // steps of whole scores, then, if one score has too many, by class and anchor.
  template <class Block> HD void narrow(Block block, const NmsMemory& m, Range& range) const {
    uint64_t low = range.from >> 32, high = (range.to >> 32) + 1;
    int shift = 32;
    for (;;) {
      while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        range.from = middle << shift;
        int n = count_in(block, m, range);
        if (n <= kTier && 2 * n >= kTier) return;
        (n > kTier ? low : high) = middle;
      }
      if (shift == 0) break;
      // The boxes of score `low` are too many for a round, and those above it too few.
      shift = 0;
      uint64_t last = uint64_t(task.anchors) * uint64_t(task.classes);
      high = (low + 1) << 32, low = (low << 32) + (0xffffffffu - last);
    }
    range.from = high << shift;
  }

  // offset[t]: how many entries threads before t have; offset[kThreads]: all.
  template <class Block>
  static HD int add_up(Block block, Shared<int, kThreads>& entries,
                       Shared<int, kThreads + 1>& offset) {
    constexpr int kGroup = 16;
    SHARED Shared<int, kThreads / kGroup> group;
    block.each(kThreads / kGroup, [&](int g) {
      int sum = 0;
      for (int t = g * kGroup; t < (g + 1) * kGroup; ++t) sum += entries[t];
      group[g] = sum;
    });
    block.each(kThreads + 1, [&](int thread) {
      int sum = 0;
      for (int g = 0; g < thread / kGroup; ++g) sum += group[g];
      for (int t = thread / kGroup * kGroup; t < thread; ++t) sum += entries[t];
      offset[thread] = sum;
    });
    return block.read(offset, kThreads);
  }

  template <class Block>
  static HD void sort_descending(Block block, Shared<uint64_t, kTier>& keys, int size) {  // bitonic
    for (int length = 2; length <= size; length *= 2)
      for (int step = length / 2; step; step /= 2)
        block.each(size / 2, [&](int t) {
          int i = 2 * t - (t & (step - 1)), j = i + step;
          uint64_t a = keys[i], b = keys[j];
          bool exchange = (a < b) == !(i & length);
          keys[i] = exchange ? b : a;
          keys[j] = exchange ? a : b;
        });
  }

  HD int anchor_of(uint64_t key) const { return int(~uint32_t(key) % uint32_t(task.anchors)); }
  HD int class_of(uint64_t key) const { return int(~uint32_t(key) / uint32_t(task.anchors)); }

  // Takes one box, by one thread: writes it out if it has area in its window. Returns whether it
  // has.
  HD bool take(int64_t image, const NmsMemory& m, uint64_t key, Result r) const {
    int c = class_of(key), anchor = anchor_of(key);
    Box box = box_of(image, anchor, c), out = box;
    Box window = task.windows ? task.windows[image] : task.window;
    if (task.clips) out = clip(box, window);
    bool keep = !task.clips || area(out) > 0.f;
    if (task.change_frame) out = change_frame(out, window);
    m.taken[r.taken] = upright(box);
    m.next_taken[r.taken] = m.last_taken[group_of(c)];
    m.last_taken[group_of(c)] = r.taken;
    ++m.count[c];
    int64_t at = image * task.max_total + r.kept;
    if (keep) {
      task.out_boxes[at] = out;
      task.out_scores[at] = score_of(key);
      task.out_classes[at] = c;
      task.out_anchors[at] = anchor;
    }
    return keep;
  }

  // Takes from a tile of n, by one thread.
  HD void take_tile(int64_t image, const NmsMemory& m, const uint64_t* keys, int n, Tile& tile,
                    Result r) const {
    uint64_t taken = 0;
    for (int j = 0; j < n && r.kept < task.max_total; ++j) {
      int c = tile.class_of[j];
      if (c < 0 || m.count[c] >= task.max_per_class) continue;
      uint64_t hits = 0;
      for (int p = 0; p < kParts; ++p) hits |= uint64_t(tile.hit[j * kParts + p]) << (p * kPart);
      if (hits & taken) continue;
      taken |= uint64_t(1) << j;
      r.kept += take(image, m, keys[j], r);
      ++r.taken;
    }
    tile.result[0] = r.taken, tile.result[1] = r.kept;
  }

  // Takes boxes from the sorted keys until none is left or enough are kept.
  template <class Block>
  HD void take_all(Block block, const NmsMemory& m, Shared<uint64_t, kTier>& keys, int size,
                   Result& r) const {
    SHARED Tile tile;
    int64_t image = block.index;
    for (int start = 0; start < size && r.kept < task.max_total; start += kTile) {
      int n = size - start < kTile ? size - start : kTile;
      block.each(n, [&](int j) {
        int c = class_of(keys[start + j]), anchor = anchor_of(keys[start + j]);
        tile.box[j] = upright(box_of(image, anchor, c));
        tile.class_of[j] = suppressed(m, image, anchor, c) ? -1 : c;
      });
      block.each(n * kParts, [&](int t) {
        int j = t / kParts, first = t % kParts * kPart, hit = 0;
        for (int i = 0; i < kPart && first + i < j; ++i) {
          bool same = task.agnostic || tile.class_of[first + i] == tile.class_of[j];
          float iou = suppression_iou(tile.box[first + i], tile.box[j]);
          hit |= int(same & (iou > task.iou_threshold)) << i;
        }
        tile.hit[t] = uint8_t(hit);
      });
      block.once([&] { take_tile(image, m, &keys[start], n, tile, r); });
      r.taken = block.read(tile.result, 0);
      r.kept = block.read(tile.result, 1);
    }
  }

  template <class Block>
  HD void take_round(Block block, const NmsMemory& m, Shared<uint64_t, kTier>& keys, int count,
                     Result& r) const {
    int size = 1;
    while (size < count) size *= 2;
    block.each(size - count, [&](int i) { keys[count + i] = 0; });
    sort_descending(block, keys, size);
    take_all(block, m, keys, count, r);
  }

  // Lists the anchors that reach the floor. Returns how many.
  template <class Block>
  HD int list_rows(Block block, const NmsMemory& m, float raw, Shared<int, kThreads>& entries,
                   Shared<int, kThreads + 1>& offset) const {
    int32_t least = raw == -INFINITY ? kNoRow + 1 : float_order(raw);
    block.each(kThreads, [&](int thread) {
      int n = 0;
      for (int a = thread; a < task.anchors; a += kThreads) n += m.row_order[a] >= least;
      entries[thread] = n;
    });
    int rows = add_up(block, entries, offset);
    block.each(kThreads, [&](int thread) {
      int at = offset[thread];
      for (int a = thread; a < task.anchors; a += kThreads)
        if (m.row_order[a] >= least) m.active[at++] = a;
    });
    return rows;
  }

  // Gathers the live keys of range; returns how many. If there are too many, none is gathered.
  template <class Block>
  HD int gather(Block block, const NmsMemory& m, const Range& range, Shared<uint64_t, kTier>& keys,
                Shared<int, kThreads>& entries, Shared<int, kThreads + 1>& offset) const {
    block.each(kThreads, [&](int thread) {
      int n = 0;
      visit(block.index, m, range, thread, [&](uint64_t) { ++n; });
      entries[thread] = n;
    });
    int count = add_up(block, entries, offset);
    if (count > kTier) return count;
    block.each(kThreads, [&](int thread) {
      int at = offset[thread];
      visit(block.index, m, range, thread, [&](uint64_t key) { keys[at++] = key; });
    });
    return count;
  }
};

}  // namespace kernels
