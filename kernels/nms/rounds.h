// The search behind nms.h, one block per image. Included by .cu files only.
//
// Boxes are taken in falling order of (score, lower class, lower anchor) over all classes at once.
// This gives the result that one search per class and a merge would give: earlier boxes of the same
// class (class-agnostic: of any class) alone decide whether a box is taken, and the merge has this
// order. So the search may stop as soon as max_total of the taken boxes have area left after
// clipping.
//
// Each round gathers the next boxes of that order, at most kTier, and sorts them. It then takes
// boxes from them, one tile after another (tile.h). Boxes that an earlier round's boxes
// suppress are not gathered, so each round takes at least one. A floor keeps rounds small: it is
// the score of the rank-th best anchor, and anchors below it are looked at only when all above it
// have been used up.
#pragma once
#include "kernels/nms/task.h"
#include "kernels/nms/tile.h"
#include "kernels/simt.h"

namespace kernels {

template <class Source> struct NmsSearch {  // one block per image
  static constexpr int kTier = 4096, kThreads = 512;
  static constexpr int64_t kFirstRank = 1024, kRankGrowth = 4;

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
  using Tile = NmsTile;

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
    Floor lowest{score_key(task.score_threshold) + (uint64_t(1) << 32),
                 source.lowest_with(task.score_threshold), true};
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

  // f(key) for one thread's share of the live boxes in range. On a GPU neighbouring threads read
  // neighbouring values, of several anchors at once. Few values reach range.raw: those are read
  // again.
  template <class Block, class F>
  HD void visit(Block block, const NmsMemory& m, const Range& range, int thread, F f) const {
    constexpr int kLanes = Block::kOnDevice ? 32 : 1, kAhead = Block::kOnDevice ? 8 : 1;
    constexpr int kStep = kThreads / kLanes;
    const int64_t image = block.index;
    for (int64_t first = thread / kLanes; first < range.rows; first += kAhead * kStep) {
      const int64_t left = parts_of(range.rows - first, kStep);
      decltype(source.row(image, 0)) row[kAhead];
      UNROLL(8)
      for (int k = 0; k < kAhead; ++k)
        row[k] = source.row(image, m.active[k < left ? first + k * kStep : first]);
      for (int c = thread % kLanes; c < task.classes; c += kLanes) {
        uint64_t reaching = 0;
        UNROLL(8)
        for (int k = 0; k < kAhead; ++k)
          reaching |= uint64_t(k < left && !(source.value(row[k], c) < range.raw)) << k;
        if (task.wanted && !task.wanted[c]) continue;
        for (; reaching; reaching &= reaching - 1) {
          int anchor = m.active[first + number_of(lowest_bit(reaching)) * kStep];
          float raw = source.value(source.row(image, anchor), c);
          uint64_t key = key_of(source.score(raw), anchor, c);
          if (key < range.from || key >= range.to) continue;
          if (!suppressed(m, image, anchor, c)) f(key);
        }
      }
    }
  }

  template <class Block>
  HD int count_in(Block block, const NmsMemory& m, const Range& range) const {
    return block.reduce(kThreads, 0, Sum{}, [&](int thread) {
      int n = 0;
      visit(block, m, range, thread, [&](uint64_t) { ++n; });
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

  HD Box window_of(int64_t image) const { return task.windows ? task.windows[image] : task.window; }

  HD void look_at(int64_t image, const NmsMemory& m, uint64_t key, int j, Tile& tile) const {
    int c = class_of(key), anchor = anchor_of(key);
    Box box = box_of(image, anchor, c);
    tile.box[j] = upright(box);
    tile.class_of[j] = suppressed(m, image, anchor, c) ? -1 : c;
    tile.count[j] = m.count[c];
    tile.keeps[j] = !task.clips || area(clip(box, window_of(image))) > 0.f;
  }

  // Writes out candidate j, number `at` of the image.
  HD void write_out(int64_t image, uint64_t key, int at) const {
    int c = class_of(key), anchor = anchor_of(key);
    Box out = box_of(image, anchor, c), window = window_of(image);
    if (task.clips) out = clip(out, window);
    if (task.change_frame) out = change_frame(out, window);
    int64_t to = image * task.max_total + at;
    task.out_boxes[to] = out;
    task.out_scores[to] = score_of(key);
    task.out_classes[to] = c;
    task.out_anchors[to] = anchor;
  }

  // Writes out a tile's kept boxes, and notes the taken ones for later tiles. The second phase
  // writes what the first reads.
  template <class Block>
  HD void finish(Block block, const NmsMemory& m, Shared<uint64_t, kTier>& keys, int start,
                 Tile& tile, Result& r) const {
    const uint64_t taken = block.read(tile.result, 0), kept = block.read(tile.result, 1);
    auto number = [&](uint64_t bit) { return r.taken + bits_in(taken & (bit - 1)); };
    auto group = [&](int j) { return taken & (task.agnostic ? ~uint64_t(0) : tile.equals[j]); };
    block.each(Tile::kSize, [&](int j) {
      const uint64_t bit = uint64_t(1) << j;
      if (kept & bit) write_out(block.index, keys[start + j], r.kept + bits_in(kept & (bit - 1)));
      if (!(taken & bit)) return;
      const uint64_t before = group(j) & (bit - 1);
      m.taken[number(bit)] = tile.box[j];
      m.next_taken[number(bit)] = before ? number(uint64_t(1) << highest_number(before))
                                         : m.last_taken[group_of(tile.class_of[j])];
    });
    block.each(Tile::kSize, [&](int j) {
      const uint64_t bit = uint64_t(1) << j;
      if (!(taken & bit)) return;
      const uint64_t equals = tile.equals[j] & taken;
      if (highest_number(equals) == j) m.count[tile.class_of[j]] = tile.count[j] + bits_in(equals);
      if (highest_number(group(j)) == j) m.last_taken[group_of(tile.class_of[j])] = number(bit);
    });
    r.taken += bits_in(taken), r.kept += bits_in(kept);
  }

  // Takes boxes from the sorted keys until none is left or enough are kept.
  template <class Block>
  HD void take_all(Block block, const NmsMemory& m, Shared<uint64_t, kTier>& keys, int size,
                   Result& r) const {
    SHARED Tile tile;
    int64_t image = block.index;
    for (int start = 0; start < size && r.kept < task.max_total; start += Tile::kSize) {
      int n = size - start < Tile::kSize ? size - start : Tile::kSize;
      block.each(n, [&](int j) { look_at(image, m, keys[start + j], j, tile); });
      tile.compare(block, n, task.agnostic, task.iou_threshold);
      block.once([&] { tile.take(n, task.max_per_class, task.max_total - r.kept); });
      finish(block, m, keys, start, tile, r);
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
      visit(block, m, range, thread, [&](uint64_t) { ++n; });
      entries[thread] = n;
    });
    int count = add_up(block, entries, offset);
    if (count > kTier) return count;
    block.each(kThreads, [&](int thread) {
      int at = offset[thread];
      visit(block, m, range, thread, [&](uint64_t key) { keys[at++] = key; });
    });
    return count;
  }
};

}  // namespace kernels
