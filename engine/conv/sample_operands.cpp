#include "engine/conv/sample_operands.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "kernels/elementwise.h"
#include "kernels/sample_values.h"

namespace engine {

SampleOperands::SampleOperands(Backend& backend, const ConvShape& shape)
    : backend_(backend),
      shape_(shape),
      queue_(backend.queue(Lane::compute)),
      operands_(conv_operands(shape)) {
  for (const ConvOperand& o : operands_) {
    memory_.push_back(std::make_unique<Memory>(backend, o.bytes(), MemoryKind::device));
    args_.*o.view = {memory_.back()->data(), o.dtype, o.shape};
  }
  reset();
}

// With these bounds a sum of products is of the size of what is added to it, whatever the number of
// products.
double SampleOperands::largest(const ConvOperand& o) const {
  const ConvShape& s = shape_;
  const bool dw = s.pass == ConvPass::grad_weight;
  if (o.view != (dw ? &ConvArgs::y : &ConvArgs::weight)) return 1;
  const int channels = s.pass == ConvPass::forward ? s.in_channels : s.out_channels;
  const double terms = dw ? double(s.images) * s.out_height() * s.out_width()
                          : double(s.kernel) * s.kernel * channels;
  return 1 / std::sqrt(terms);
}

void SampleOperands::reset() {
  for (size_t i = 0; i < operands_.size(); ++i) {
    const ConvOperand& o = operands_[i];
    const View& view = args_.*o.view;
    if (!o.read) {
      kernels::fill(queue_, view, std::numeric_limits<double>::quiet_NaN());
    } else if (o.view == &ConvArgs::saved) {
      kernels::sample_values(queue_, view, uint32_t(i), -3, 9);
      kernels::activate(queue_, shape_.grad_input.mask, view, view);
    } else if (o.view == &ConvArgs::bias) {  // so that y reaches both ends of an activation
      kernels::sample_values(queue_, view, uint32_t(i), -3, 9);
    } else {
      kernels::sample_values(queue_, view, uint32_t(i), -largest(o), largest(o));
    }
  }
}

double SampleOperands::distance(const View& a, const View& b) const {
  const int64_t chunks = kernels::difference_chunks(a.shape.size());
  std::vector<float> values(size_t(2 * chunks));
  Memory memory(backend_, values.size() * sizeof(float), MemoryKind::device);
  kernels::chunk_differences(queue_, a, b, {memory.data(), DType::f32, {2, {chunks, 2}}});
  backend_.copy(values.data(), memory.data(), memory.bytes(), queue_);
  backend_.synchronize(queue_);
  float difference = 0, size = 0;
  for (size_t i = 0; i < values.size(); i += 2) {
    difference = std::max(difference, values[i]);
    size = std::max(size, values[i + 1]);
  }
  if (difference == 0) return 0;
  const double relative = double(difference) / double(size);
  return std::isfinite(relative) ? relative : std::numeric_limits<double>::infinity();
}

double SampleOperands::distance(const SampleOperands& expected) const {
  double largest = 0;
  for (const ConvOperand& o : operands_)
    if (o.written) largest = std::max(largest, distance(args_.*o.view, expected.args_.*o.view));
  return largest;
}

double result_tolerance(const ConvShape& s) {
  if (s.dtype == DType::bf16) return 4e-2;
  if (s.dtype == DType::f32 && s.exact_f32) return 4e-5;
  return 8e-3;
}

}  // namespace engine
