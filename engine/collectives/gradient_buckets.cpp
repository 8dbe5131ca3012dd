#include "engine/collectives/gradient_buckets.h"

#include <algorithm>
#include <set>

namespace engine {
namespace {

// In ascending order, with neighbours made one.
GradientParts merged(GradientParts parts) {
  std::sort(parts.begin(), parts.end(),
            [](const GradientPart& a, const GradientPart& b) { return a.first < b.first; });
  GradientParts all;
  for (const GradientPart& part : parts)
    if (!all.empty() && all.back().first + all.back().count == part.first)
      all.back().count += part.count;
    else
      all.push_back(part);
  return all;
}

}  // namespace

const char* sum_precision_name(std::optional<kernels::DType> half) {
  if (!half) return "fp32";
  return *half == kernels::DType::f16 ? "fp16" : "bf16";
}

GradientBuckets::GradientBuckets(const std::vector<int64_t>& completed, int64_t total, int most) {
  const std::set<int64_t> begins(completed.begin(), completed.end());
  const auto part_of = [&](int64_t first) -> GradientPart {
    const auto next = begins.upper_bound(first);
    const int64_t begin = first == *begins.begin() ? 0 : first;
    return {begin, (next == begins.end() ? total : *next) - begin};
  };
  int64_t before = 0, share = -1;
  for (const int64_t first : completed) {
    const GradientPart part = part_of(first);
    if (const int64_t now = before * most / total; now != share) {
      share = now;
      parts_.emplace_back();
      gradients_.push_back(0);
    }
    parts_.back().push_back(part);
    ++gradients_.back();
    bucket_of_[first] = parts_.size() - 1;
    before += part.count;
  }
  if (completed.empty()) {
    parts_.push_back(GradientParts{GradientPart{0, total}});
    gradients_.push_back(0);
  }
  for (GradientParts& parts : parts_) parts = merged(std::move(parts));
}

}  // namespace engine
