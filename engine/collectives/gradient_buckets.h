// Divides the flat gradient buffer into buckets. Each is added up over the ranks as soon as the
// backward pass has completed the gradients in it.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "kernels/view.h"

namespace engine {

struct GradientSumOptions {
  int buckets = 4;  // at most so many
  // The half type in which sums are made; if empty, they are made in the gradients' own dtype.
  std::optional<kernels::DType> half;
};

// Its name, as the key ranks.sum_precision has it: "fp32" if it is empty, "fp16" or "bf16".
const char* sum_precision_name(std::optional<kernels::DType> half);

// Consecutive elements of the flat buffer.
struct GradientPart {
  int64_t first = 0, count = 0;
  friend bool operator==(const GradientPart&, const GradientPart&) = default;
};
using GradientParts = std::vector<GradientPart>;

class GradientBuckets {
 public:
  // `completed` has the beginning of each gradient in a buffer of `total` elements, in the order in
  // which the backward pass completes them. There are at most `most` buckets of about equal size,
  // and at least one. What lies between two gradients belongs to the bucket of the first of them.
  GradientBuckets(const std::vector<int64_t>& completed, int64_t total, int most);

  size_t count() const { return parts_.size(); }
  // They are in ascending order. Parts that touch are joined into one.
  const GradientParts& parts(size_t bucket) const { return parts_.at(bucket); }
  // The bucket with the gradient that begins there.
  size_t bucket_of(int64_t first) const { return bucket_of_.at(first); }
  // The number of gradients in each bucket.
  const std::vector<int>& gradients() const { return gradients_; }

 private:
  std::vector<GradientParts> parts_;
  std::map<int64_t, size_t> bucket_of_;
  std::vector<int> gradients_;
};

}  // namespace engine
