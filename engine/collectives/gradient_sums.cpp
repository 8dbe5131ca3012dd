#include "engine/collectives/gradient_sums.h"

#include <utility>

#include "engine/base/error.h"
#include "engine/base/ranges.h"
#include "kernels/elementwise.h"

namespace engine {

GradientSums::GradientSums(Backend& backend, const Parameters& parameters,
                           const GradientSumOptions& options)
    : backend_(backend), parameters_(parameters), options_(options) {
  if (!options.half) return;
  const int64_t bytes = parameters.trained() * kernels::size_of(*options.half);
  copy_ = std::make_unique<Memory>(backend, size_t(bytes), MemoryKind::device);
}

void GradientSums::listen(const Context& c) {
  if (backend_.queue(Lane::network).stream == c.queue.stream) return;
  listening_ = true;
  next_ = 0;
  if (buckets_) left_ = buckets_->gradients();
  c.tape->when_complete([this, &c](const Tensor& gradient) { complete(c, gradient); });
}

void GradientSums::complete(const Context& c, const View& gradient) {
  const View flat = parameters_.gradient();
  const int64_t first =
      (static_cast<char*>(gradient.data) - flat.as<char>()) / kernels::size_of(flat.dtype);
  if (!buckets_) {
    order_.push_back(first);
    return;
  }
  --left_[buckets_->bucket_of(first)];
  while (next_ < buckets_->count() && left_[next_] == 0) sum_next(c);
}

void GradientSums::finish(const Context& c) {
  if (!std::exchange(listening_, false))
    return sum(c, c.queue, {GradientPart{0, parameters_.trained()}});
  if (!buckets_) learn_buckets(*c.ranks);
  while (next_ < buckets_->count()) sum_next(c);
  backend_.wait(c.queue, backend_.queue(Lane::network));
}

// NCCL would add up whatever the ranks give.
void GradientSums::learn_buckets(Collectives& ranks) {
  const std::string mine(reinterpret_cast<const char*>(order_.data()),
                         order_.size() * sizeof order_[0]);
  const std::vector<std::string> all = ranks.gather_bytes("the order of gradients", mine);
  for (size_t r = 0; r < all.size(); ++r)
    if (all[r] != mine)
      base::fail(base::ExitCode::resources, rank_in_words(ranks, int(r)),
                 " completes its gradients in another order than the others");
  buckets_.emplace(order_, parameters_.trained(), options_.buckets);
}

void GradientSums::sum_next(const Context& c) {
  const kernels::Queue network = backend_.queue(Lane::network);
  backend_.wait(network, c.queue);
  sum(c, network, buckets_->parts(next_++));
}

void GradientSums::sum(const Context& c, kernels::Queue queue, const GradientParts& parts) {
  base::Range range("all-reduce");
  const View gradient = parameters_.gradient(), summed = copy_ ? copy() : gradient;
  std::vector<View> views;
  for (const GradientPart& part : parts) {
    views.push_back(part_of(summed, part));
    if (copy_) kernels::cast(queue, part_of(gradient, part), views.back());
  }
  c.ranks->sum_together("gradients", views, queue);
  if (!copy_) return;
  for (size_t i = 0; i < parts.size(); ++i)
    kernels::cast(queue, views[i], part_of(gradient, parts[i]));
}

View GradientSums::part_of(const View& flat, const GradientPart& part) const {
  return {
      flat.as<char>() + part.first * kernels::size_of(flat.dtype), flat.dtype, {1, {part.count}}};
}

View GradientSums::copy() const {
  return {copy_->data(), *options_.half, {1, {parameters_.trained()}}};
}

}  // namespace engine
