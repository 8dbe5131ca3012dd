#include "tests/cuda_model/cudnn/tensor.h"

#include <algorithm>
#include <numeric>

namespace cuda_model::cudnn {
namespace {

// Whether two values have one address: true unless each stride, from the smallest on, steps over
// all that lies below it.
bool overlaps(const Tensor& t) {
  std::vector<size_t> order(t.dims.size());
  std::iota(order.begin(), order.end(), size_t(0));
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return t.strides[a] < t.strides[b]; });
  int64_t end = 1;
  for (size_t i : order) {
    if (t.dims[i] == 1) continue;
    if (t.strides[i] < end) return true;
    end += (t.dims[i] - 1) * t.strides[i];
  }
  return false;
}

}  // namespace

int64_t size_of(cudnnDataType_t type) {
  if (type == CUDNN_DATA_FLOAT) return 4;
  return type == CUDNN_DATA_HALF || type == CUDNN_DATA_BFLOAT16 ? 2 : 0;
}

int64_t Tensor::size() const {
  return std::accumulate(dims.begin(), dims.end(), int64_t(1), std::multiplies<>());
}

int64_t Tensor::bytes() const {
  int64_t last = 0;
  for (size_t i = 0; i < dims.size(); ++i) last += (dims[i] - 1) * strides[i];
  return (last + 1) * size_of(type);
}

Tensor make_tensor(const Descriptor& d) {
  Tensor t;
  t.id = d.value<int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID);
  t.type = d.value<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE);
  t.dims = d.list<int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS);
  t.strides = d.list<int64_t>(CUDNN_ATTR_TENSOR_STRIDES);
  t.alignment = d.value<int64_t>(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT);
  t.is_virtual = d.value<char>(CUDNN_ATTR_TENSOR_IS_VIRTUAL);
  check(t);
  return t;
}

void check(const Tensor& t) {
  require(t.dims.size() == t.strides.size(), t.name() + " has not as many strides as dimensions");
  require(!t.dims.empty() && t.dims.size() <= CUDNN_DIM_MAX, t.name() + ": number of dimensions");
  for (size_t i = 0; i < t.dims.size(); ++i)
    require(t.dims[i] >= 0 && t.strides[i] >= 0, t.name() + ": a dimension or stride below 0");
  expect(size_of(t.type) > 0, t.name() + " has a type that the model does not know");
  require(t.alignment > 0 && t.alignment % size_of(t.type) == 0,
          t.name() + ": the alignment is no multiple of its type's size");
  expect((t.alignment & (t.alignment - 1)) == 0, t.name() + ": the alignment is no power of two");
  expect(t.size() > 0, t.name() + " is empty");
  for (int64_t stride : t.strides) expect(stride > 0, t.name() + " has a stride of 0");
  expect(!overlaps(t), t.name() + ": two of its values have one address");
}

}  // namespace cuda_model::cudnn
