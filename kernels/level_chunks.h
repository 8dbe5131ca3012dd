// Sums over the anchors of several feature maps, per image: one block for each chunk of anchors of
// an image, then one block that adds an image's chunks. Included by .cu files only.
#pragma once
#include <stdexcept>
#include <vector>

#include "kernels/simt.h"
#include "kernels/view.h"

namespace kernels {

constexpr int kMostLevels = 8;  // feature maps of one launch

// Anchors of one feature map of one image.
struct LevelChunk {
  int64_t image;
  int level;
  int64_t first, first_target;  // its first anchor in the feature map's tensor, and in the targets'
  int anchors;
};

// The cut depends on shapes alone, so sums do not depend on the number of threads.
struct LevelChunks {
  int first_chunk[kMostLevels] = {};  // of an image; of unused levels, behind every chunk
  int64_t anchors[kMostLevels] = {}, first_anchor[kMostLevels] = {};
  int64_t all_anchors = 0;
  int anchors_per_chunk, count = 0;  // chunks of an image

  // `levels` have `columns` values for each anchor.
  LevelChunks(const std::vector<View>& levels, int columns, int per_chunk)
      : anchors_per_chunk(per_chunk) {
    if (levels.empty() || levels.size() > kMostLevels)
      throw std::invalid_argument("losses take 1 to 8 feature maps");
    for (size_t l = 0; l < kMostLevels; ++l) {
      const bool used = l < levels.size();
      first_chunk[l] = used ? count : INT32_MAX;
      first_anchor[l] = all_anchors;
      if (!used) continue;
      const Shape& shape = levels[l].shape;
      anchors[l] = shape[0] ? shape.size() / (shape[0] * columns) : 0;
      all_anchors += anchors[l];
      count += int((anchors[l] + per_chunk - 1) / per_chunk);
    }
  }

  HD LevelChunk chunk(int64_t index) const {
    const int64_t image = index / count;
    const int of_image = int(index - image * count);
    int level = 0, start = 0;
    int64_t in_level = anchors[0], before = 0;
    UNROLL(8)
    for (int l = 1; l < kMostLevels; ++l)
      if (of_image >= first_chunk[l])
        level = l, start = first_chunk[l], in_level = anchors[l], before = first_anchor[l];
    const int64_t first = int64_t(of_image - start) * anchors_per_chunk, left = in_level - first;
    return {image, level, image * in_level + first, image * all_anchors + before + first,
            left < anchors_per_chunk ? int(left) : anchors_per_chunk};
  }
};

// The feature maps' data.
template <class T> struct LevelPointers {
  T* data[kMostLevels] = {};

  explicit LevelPointers(const std::vector<View>& levels) {
    for (size_t l = 0; l < levels.size(); ++l) data[l] = levels[l].as<T>();
  }
  HD T* operator[](int level) const {
    T* p = data[0];
    UNROLL(8)
    for (int l = 1; l < kMostLevels; ++l)
      if (l == level) p = data[l];
    return p;
  }
};

template <class A> struct ChunkSums {  // one block per image
  const A* partial;
  int chunks;
  A* sum;

  template <class Block> HD void operator()(Block block) const {
    const A* from = partial + block.index * chunks;
    A total = block.reduce(chunks, A(0), Sum{}, [&](int i) { return from[i]; });
    block.once([&] { sum[block.index] = total; });
  }
};

}  // namespace kernels
