#include "tests/cuda_model/cudnn/operation.h"

namespace cuda_model::cudnn {
namespace {

void expect_float(const Descriptor& d, cudnnBackendAttributeName_t name) {
  expect(d.value<cudnnDataType_t>(name) == CUDNN_DATA_FLOAT,
         std::string(find(d.rule(), name)->text) + ": the model computes in f32 only");
}

Convolution convolution(const Descriptor& d, Pass pass, cudnnBackendAttributeName_t rule,
                        cudnnBackendAttributeName_t x, cudnnBackendAttributeName_t w,
                        cudnnBackendAttributeName_t y) {
  Convolution c;
  c.pass = pass;
  c.rule = d.made_of<ConvolutionRule>(rule);
  c.x = d.made_of<Tensor>(x);
  c.w = d.made_of<Tensor>(w);
  c.y = d.made_of<Tensor>(y);
  return c;
}

Convolution forward(const Descriptor& d) {
  Convolution c = convolution(d, Pass::forward, CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
                              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                              CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y);
  c.alpha = d.value<float>(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA);
  c.beta = d.value<float>(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA);
  return c;
}

Convolution backward_data(const Descriptor& d) {
  Convolution c = convolution(
      d, Pass::backward_data, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY);
  c.alpha = d.value<float>(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA);
  c.beta = d.value<float>(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA);
  return c;
}

Convolution backward_filter(const Descriptor& d) {
  Convolution c = convolution(
      d, Pass::backward_filter, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
      CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY);
  c.alpha = d.value<float>(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA);
  c.beta = d.value<float>(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA);
  return c;
}

// cuDNN looks at the numbers of dimensions alone, of whatever tensors its mode uses.
void require_same_rank(const Descriptor& d, cudnnBackendAttributeName_t a,
                       cudnnBackendAttributeName_t b) {
  auto rank = [&](cudnnBackendAttributeName_t name) {
    return d.has(name) ? d.made_of<Tensor>(name).dims.size() : 0;
  };
  require(rank(a) && rank(a) == rank(b), std::string("the numbers of dimensions of ") +
                                             find(d.rule(), a)->text + " and " +
                                             find(d.rule(), b)->text + " differ");
}

void expect_absent(const Descriptor& d, cudnnBackendAttributeName_t name) {
  expect(!d.has(name), std::string(find(d.rule(), name)->text) + " is not used by this mode");
}

Pointwise relu_gradient(const Descriptor& d, Pointwise p) {
  require_same_rank(d, CUDNN_ATTR_OPERATION_POINTWISE_DXDESC,
                    CUDNN_ATTR_OPERATION_POINTWISE_DYDESC);
  require_same_rank(d, CUDNN_ATTR_OPERATION_POINTWISE_DXDESC, CUDNN_ATTR_OPERATION_POINTWISE_XDESC);
  expect_absent(d, CUDNN_ATTR_OPERATION_POINTWISE_BDESC);
  expect_absent(d, CUDNN_ATTR_OPERATION_POINTWISE_YDESC);
  p.b = d.made_of<Tensor>(CUDNN_ATTR_OPERATION_POINTWISE_DYDESC);
  p.y = d.made_of<Tensor>(CUDNN_ATTR_OPERATION_POINTWISE_DXDESC);
  return p;
}

Pointwise pointwise(const Descriptor& d) {
  Pointwise p;
  p.rule = d.made_of<PointwiseRule>(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR);
  p.x = d.made_of<Tensor>(CUDNN_ATTR_OPERATION_POINTWISE_XDESC);
  p.alpha1 = d.value(CUDNN_ATTR_OPERATION_POINTWISE_ALPHA1, 1.0f);
  p.alpha2 = d.value(CUDNN_ATTR_OPERATION_POINTWISE_ALPHA2, 1.0f);
  if (p.rule.mode == CUDNN_POINTWISE_RELU_BWD) return relu_gradient(d, p);
  require_same_rank(d, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, CUDNN_ATTR_OPERATION_POINTWISE_YDESC);
  expect_absent(d, CUDNN_ATTR_OPERATION_POINTWISE_DXDESC);
  expect_absent(d, CUDNN_ATTR_OPERATION_POINTWISE_DYDESC);
  p.y = d.made_of<Tensor>(CUDNN_ATTR_OPERATION_POINTWISE_YDESC);
  if (p.rule.mode == CUDNN_POINTWISE_IDENTITY || p.rule.mode == CUDNN_POINTWISE_RELU_FWD) {
    expect_absent(d, CUDNN_ATTR_OPERATION_POINTWISE_BDESC);
    return p;
  }
  require_same_rank(d, CUDNN_ATTR_OPERATION_POINTWISE_XDESC, CUDNN_ATTR_OPERATION_POINTWISE_BDESC);
  p.b = d.made_of<Tensor>(CUDNN_ATTR_OPERATION_POINTWISE_BDESC);
  return p;
}

Statistics statistics(const Descriptor& d) {
  expect_float(d, CUDNN_ATTR_OPERATION_GENSTATS_MATH_PREC);
  expect(
      d.value<cudnnGenStatsMode_t>(CUDNN_ATTR_OPERATION_GENSTATS_MODE) == CUDNN_GENSTATS_SUM_SQSUM,
      "there is no such mode of statistics");
  return {d.made_of<Tensor>(CUDNN_ATTR_OPERATION_GENSTATS_XDESC),
          d.made_of<Tensor>(CUDNN_ATTR_OPERATION_GENSTATS_SUMDESC),
          d.made_of<Tensor>(CUDNN_ATTR_OPERATION_GENSTATS_SQSUMDESC)};
}

Reduction reduction(const Descriptor& d) {
  d.made_of<ReductionRule>(CUDNN_ATTR_OPERATION_REDUCTION_DESC);
  return {d.made_of<Tensor>(CUDNN_ATTR_OPERATION_REDUCTION_XDESC),
          d.made_of<Tensor>(CUDNN_ATTR_OPERATION_REDUCTION_YDESC)};
}

}  // namespace

std::vector<const Tensor*> inputs(const Convolution& c) {
  if (c.pass == Pass::forward) return {&c.x, &c.w};
  return c.pass == Pass::backward_data ? std::vector{&c.y, &c.w} : std::vector{&c.x, &c.y};
}

std::vector<const Tensor*> inputs(const Operation& operation) {
  if (auto* c = std::get_if<Convolution>(&operation)) return inputs(*c);
  if (auto* p = std::get_if<Pointwise>(&operation))
    return p->b ? std::vector{&p->x, &*p->b} : std::vector{&p->x};
  if (auto* s = std::get_if<Statistics>(&operation)) return {&s->x};
  return {&std::get<Reduction>(operation).x};
}

std::vector<const Tensor*> outputs(const Operation& operation) {
  if (auto* c = std::get_if<Convolution>(&operation)) return {&result(*c)};
  if (auto* p = std::get_if<Pointwise>(&operation)) return {&p->y};
  if (auto* s = std::get_if<Statistics>(&operation)) return {&s->sum, &s->sum_of_squares};
  return {&std::get<Reduction>(operation).y};
}

const Tensor& result(const Convolution& c) {
  return c.pass == Pass::forward ? c.y : c.pass == Pass::backward_data ? c.x : c.w;
}

ConvolutionRule make_convolution_rule(const Descriptor& d) {
  const ConvolutionRule r{d.list<int64_t>(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS),
                          d.list<int64_t>(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS),
                          d.list<int64_t>(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES),
                          d.list<int64_t>(CUDNN_ATTR_CONVOLUTION_DILATIONS)};
  const auto spatial = size_t(d.value<int64_t>(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS));
  for (const Sizes* sizes : {&r.pre, &r.post, &r.strides, &r.dilations})
    require(sizes->size() == spatial, "a convolution has not as many values as spatial dimensions");
  for (size_t i = 0; i < spatial; ++i)
    require(r.pre[i] >= 0 && r.post[i] >= 0 && r.strides[i] > 0 && r.dilations[i] > 0,
            "a padding below 0, or a stride or dilation below 1");
  expect(spatial == 2, "the model knows convolutions of two dimensions only");
  expect_float(d, CUDNN_ATTR_CONVOLUTION_COMP_TYPE);
  expect(
      d.value<cudnnConvolutionMode_t>(CUDNN_ATTR_CONVOLUTION_CONV_MODE) == CUDNN_CROSS_CORRELATION,
      "the model knows cross correlation only, and kernels are not flipped here");
  return r;
}

PointwiseRule make_pointwise_rule(const Descriptor& d) {
  PointwiseRule r;
  r.mode = d.value<cudnnPointwiseMode_t>(CUDNN_ATTR_POINTWISE_MODE);
  switch (r.mode) {
    case CUDNN_POINTWISE_ADD:
    case CUDNN_POINTWISE_SUB:
    case CUDNN_POINTWISE_MUL:
    case CUDNN_POINTWISE_IDENTITY:
    case CUDNN_POINTWISE_RELU_FWD:
    case CUDNN_POINTWISE_RELU_BWD:
      break;
    default:
      fail("cuDNN: the model has no pointwise mode " + std::to_string(int(r.mode)));
  }
  expect_float(d, CUDNN_ATTR_POINTWISE_MATH_PREC);
  r.propagate_nan =
      d.value<cudnnNanPropagation_t>(CUDNN_ATTR_POINTWISE_NAN_PROPAGATION) == CUDNN_PROPAGATE_NAN;
  r.lower = d.value<double>(CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP);
  r.clipped = d.has(CUDNN_ATTR_POINTWISE_RELU_UPPER_CLIP);
  r.upper = d.value<double>(CUDNN_ATTR_POINTWISE_RELU_UPPER_CLIP);
  r.slope = d.value<double>(CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE);
  expect(!r.clipped || r.lower < r.upper, "the lower clip of a ReLU is not below the upper one");
  return r;
}

ReductionRule make_reduction_rule(const Descriptor& d) {
  expect(d.value<cudnnReduceTensorOp_t>(CUDNN_ATTR_REDUCTION_OPERATOR) == CUDNN_REDUCE_TENSOR_ADD,
         "the model reduces by sums only");
  expect_float(d, CUDNN_ATTR_REDUCTION_COMP_TYPE);
  return {};
}

Operation make_operation(const Descriptor& d) {
  Operation made;
  switch (d.rule().type) {
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR:
      made = forward(d);
      break;
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
      made = backward_data(d);
      break;
    case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR:
      made = backward_filter(d);
      break;
    case CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR:
      made = pointwise(d);
      break;
    case CUDNN_BACKEND_OPERATION_GEN_STATS_DESCRIPTOR:
      made = statistics(d);
      break;
    default:
      made = reduction(d);
  }
  check(made);
  return made;
}

}  // namespace cuda_model::cudnn
