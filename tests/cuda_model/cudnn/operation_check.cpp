// What must fit together in an operation. The part that cuDNN looks at is required; what it leaves
// to its kernels is expected.
#include "tests/cuda_model/cudnn/operation.h"

namespace cuda_model::cudnn {
namespace {

void check_sides(const Convolution& c) {
  for (size_t i = 0; i < 2; ++i) {
    const int64_t kernel = (c.w.dims[i + 2] - 1) * c.rule.dilations[i] + 1;
    const int64_t room = c.x.dims[i + 2] + c.rule.pre[i] + c.rule.post[i] - kernel;
    require(room >= 0 && room / c.rule.strides[i] + 1 == c.y.dims[i + 2],
            "y has not the height or width of this convolution");
  }
}

void check_operation(const Convolution& c) {
  for (const Tensor* t : {&c.x, &c.w, &c.y})
    require(t->dims.size() == 4, t->name() + " of a convolution has not four dimensions");
  require(c.x.dims[0] == c.y.dims[0], "x and y have not equally many images");
  require(c.y.dims[1] == c.w.dims[0], "y has not as many channels as the kernel puts out");
  require(c.x.dims[1] % c.w.dims[1] == 0, "x has not as many channels as the kernel takes");
  check_sides(c);
  expect(c.x.dims[1] == c.w.dims[1], "the model knows no groups of channels");
  expect(c.alpha != 0, "alpha is 0");
  expect(c.beta == 0 || !result(c).is_virtual, "beta reads a result that is never in memory");
  expect(c.x.id != c.w.id && c.x.id != c.y.id && c.w.id != c.y.id,
         "two tensors of a convolution have the same id");
}

void expect_broadcast(const Tensor& from, const Tensor& to) {
  bool fits = from.dims.size() == to.dims.size();
  for (size_t i = 0; fits && i < to.dims.size(); ++i)
    fits = from.dims[i] == to.dims[i] || from.dims[i] == 1;
  expect(fits, from.name() + " cannot be broadcast to " + to.name());
}

void check_operation(const Pointwise& p) {
  expect_broadcast(p.x, p.y);
  if (p.b) expect_broadcast(*p.b, p.y);
  const bool scaled = p.alpha1 != 1 || p.alpha2 != 1;
  expect(!scaled || p.b, "alpha of an operation with one input");
}

void check_operation(const Statistics& s) {
  const Sizes channels{1, s.x.dims.size() > 1 ? s.x.dims[1] : 0, 1, 1};
  for (const Tensor* t : {&s.sum, &s.sum_of_squares}) {
    expect(t->dims == channels, t->name() + " has not one value for each channel");
    expect(t->type == CUDNN_DATA_FLOAT, t->name() + " holds sums that are not f32");
  }
  expect(s.sum.id != s.sum_of_squares.id, "both sums are the same tensor");
}

void check_operation(const Reduction& r) {
  require(r.x.dims.size() == r.y.dims.size(), "the numbers of dimensions of a reduction differ");
  for (size_t i = 0; i < r.x.dims.size(); ++i) {
    require(r.x.dims[i] % r.y.dims[i] == 0, "a reduction to a size that does not divide");
    expect(r.y.dims[i] == 1 || r.y.dims[i] == r.x.dims[i], "a reduction to a part of a dimension");
  }
}

}  // namespace

void check(const Operation& operation) {
  std::visit([](const auto& o) { check_operation(o); }, operation);
}

}  // namespace cuda_model::cudnn
