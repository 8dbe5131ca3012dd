// The order in which an epoch visits images, and how batches and ranks share them.
#pragma once
#include <cstdint>
#include <vector>

#include "data/loading/batch.h"

namespace data {

// The indices 0 .. images - 1, shuffled by (seed, epoch) if `shuffle`, else in order.
std::vector<uint32_t> epoch_order(int64_t images, bool shuffle, uint64_t seed, int64_t epoch);

// A global batch is world * batch_size consecutive images of the order. Its image s belongs to rank
// s % world.
struct BatchPlan {
  int64_t images = 0;
  int batch_size = 1;
  int rank = 0, world = 1;
  bool drop_remainder = true;  // whether an epoch ends before an incomplete global batch

  int64_t global_batch() const { return int64_t(batch_size) * world; }
  int64_t batches_per_epoch() const {
    return (images + (drop_remainder ? 0 : global_batch() - 1)) / global_batch();
  }
  // Moves a cursor that is behind the last batch of its epoch to the next epoch.
  Cursor normalised(Cursor cursor) const;
  Cursor next(Cursor cursor) const {
    return normalised({cursor.epoch, cursor.image + global_batch()});
  }
  // The position in the order that `row` of this rank has in the batch at `cursor`, or -1 if the
  // epoch ends before.
  int64_t position(Cursor cursor, int row) const {
    int64_t at = cursor.image + int64_t(row) * world + rank;
    return at < images ? at : -1;
  }
};

}  // namespace data
