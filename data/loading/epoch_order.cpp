#include "data/loading/epoch_order.h"

#include <numeric>

#include "data/loading/augment.h"

namespace data {

std::vector<uint32_t> epoch_order(int64_t images, bool shuffle, uint64_t seed, int64_t epoch) {
  std::vector<uint32_t> order(static_cast<size_t>(images));
  std::iota(order.begin(), order.end(), 0u);
  if (!shuffle) return order;
  base::RandomSequence random = random_for({seed, epoch, 0}, Purpose::order);
  for (int64_t i = images - 1; i > 0; --i)
    std::swap(order[size_t(i)], order[size_t(random.below(i + 1))]);
  return order;
}

Cursor BatchPlan::normalised(Cursor cursor) const {
  int64_t end = drop_remainder ? images - global_batch() + 1 : images;
  return cursor.image < end ? cursor : Cursor{cursor.epoch + 1, 0};
}

}  // namespace data
