#include "engine/cudnn/graph.h"

#include <optional>

#include "engine/base/error.h"

namespace engine {
namespace {

// cuDNN names dimensions in the order N, C, H, W; the strides say that memory is NHWC.
using Dimensions = std::vector<int64_t>;

Dimensions dimensions_of(const Shape& s) {
  if (s.rank == 1) return {1, s[0], 1, 1};
  return {s[0], s[3], s[1], s[2]};
}

Dimensions strides_of(const Dimensions& d) { return {d[1] * d[2] * d[3], 1, d[1] * d[3], d[1]}; }

cudnnDataType_t type_of(DType t) {
  switch (t) {
    case DType::f32:
      return CUDNN_DATA_FLOAT;
    case DType::f16:
      return CUDNN_DATA_HALF;
    case DType::bf16:
      return CUDNN_DATA_BFLOAT16;
    default:
      base::fail(base::ExitCode::failed, "cuDNN: no convolution of this dtype");
  }
}

bool widens(const ConvShape& s) {
  return s.pass == ConvPass::grad_weight && s.dtype != DType::f32 && !s.grad_weight.narrow_dw;
}
// Whether an operation behind the convolution adds the old result. Otherwise the convolution itself
// does.
bool adds_behind(const ConvShape& s) {
  return s.accumulate() && (s.grad_input.mask != Activation::none || widens(s));
}

// Operand number i of conv_operands is the tensor with id i + 1. An operand that is read and
// written has a second id, as input, that is larger by this.
constexpr int64_t kReadAgain = 100;
constexpr int64_t kFirstVirtual = 1000;
constexpr int64_t kOperandAlignment = 16;  // bytes; parameters begin at multiples of 64

// A bound between 6 and the largest value of the type below 6. Bounds are f32, so for f32 it is
// that largest value.
double six_less_half_a_step(DType t) {
  return t == DType::f16 ? 6 - 0x1p-9 : t == DType::bf16 ? 6 - 0x1p-6 : 6 - 0x1p-21;
}

class Builder {
 public:
  Builder(const CudnnDevice& device, const ConvShape& shape)
      : device_(device), s_(shape), operands_(conv_operands(shape)) {}

  CudnnGraph build() {
    if (s_.pass == ConvPass::forward) forward();
    if (s_.pass == ConvPass::grad_input) grad_input();
    if (s_.pass == ConvPass::grad_weight) grad_weight();
    CudnnGraph made;
    made.graph = CudnnDescriptor(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    device_.bind_graph(made.graph);
    std::vector<const CudnnDescriptor*> operations;
    for (const CudnnDescriptor& operation : operations_) operations.push_back(&operation);
    made.graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, operations);
    made.graph.finalize();
    for (auto* parts : {&tensors_, &descriptions_, &operations_})
      for (CudnnDescriptor& part : *parts) made.parts.push_back(std::move(part));
    return made;
  }

 private:
  using Tensor = size_t;  // index in tensors_
  struct Convolution {
    cudnnBackendDescriptorType_t type;
    cudnnBackendAttributeName_t description, x, weight, y, alpha, beta;
  };

  void forward() {
    static constexpr Convolution kForward{CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                                          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                                          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
                                          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                                          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
                                          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
                                          CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA};
    const Tensor y = operand(&ConvArgs::y);
    // In this order cuDNN has kernels for f32 ready; the other way round it compiles one.
    const ForwardFusion& f = s_.forward;
    int steps = f.residual + f.bias + (f.activation != Activation::none);
    auto next = [&] { return steps-- ? between(s_.y_shape()) : y; };
    Tensor value = next();
    convolution(kForward, operand(&ConvArgs::x), operand(&ConvArgs::weight), value);
    if (f.residual)
      value = binary(CUDNN_POINTWISE_ADD, value, operand(&ConvArgs::residual), next());
    if (f.bias) value = binary(CUDNN_POINTWISE_ADD, value, operand(&ConvArgs::bias), next());
    if (f.activation != Activation::none) activation(value, next());
    if (f.statistics) statistics(y);
  }

  void grad_input() {
    static constexpr Convolution kGradInput{
        CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
        CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
        CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
        CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
        CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
        CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
        CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA};
    const Tensor dx = operand(&ConvArgs::x);
    const GradInputFusion& f = s_.grad_input;
    const bool masked = f.mask != Activation::none;
    Tensor value = masked ? between(s_.x_shape()) : dx;
    convolution(kGradInput, value, operand(&ConvArgs::weight), operand(&ConvArgs::y),
                f.accumulate && !masked);
    if (!masked) return;
    if (f.accumulate)
      value = binary(CUDNN_POINTWISE_ADD, value, operand(&ConvArgs::x, kReadAgain),
                     between(s_.x_shape()));
    const Tensor saved = operand(&ConvArgs::saved);
    mask(value, saved, dx);
    if (f.channel_grads != ChannelGrads::none) reduction(dx, operand(&ConvArgs::dbeta));
    if (f.channel_grads == ChannelGrads::batch_norm) grad_gamma(dx);
  }

  void grad_gamma(Tensor dx) {
    auto next = [&] { return between(s_.x_shape()); };
    Tensor value = operand(&ConvArgs::normalised_x);
    value = binary(CUDNN_POINTWISE_SUB, value, operand(&ConvArgs::mean), next());
    value = binary(CUDNN_POINTWISE_MUL, value, operand(&ConvArgs::inv_std), next());
    value = binary(CUDNN_POINTWISE_MUL, dx, value, next());
    reduction(value, operand(&ConvArgs::dgamma));
  }

  void grad_weight() {
    static constexpr Convolution kGradWeight{
        CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
        CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_CONV_DESC,
        CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X,
        CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW,
        CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY,
        CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA,
        CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA};
    const Tensor dw = operand(&ConvArgs::weight);
    const bool widened = widens(s_);
    const Tensor value = widened ? between(s_.weight_shape()) : dw;
    convolution(kGradWeight, operand(&ConvArgs::x), value, operand(&ConvArgs::y),
                s_.grad_weight.accumulate && !widened);
    // An f32 result of low-precision operands exists only behind another operation.
    if (!widened) return;
    if (s_.grad_weight.accumulate)
      binary(CUDNN_POINTWISE_ADD, value, operand(&ConvArgs::weight, kReadAgain), dw);
    else
      pointwise(described(CUDNN_POINTWISE_IDENTITY), value, std::nullopt, dw);
  }

  Tensor operand(View ConvArgs::*view, int64_t offset = 0) {
    for (size_t i = 0; i < operands_.size(); ++i)
      if (operands_[i].view == view)
        return tensor(int64_t(i) + 1 + offset, operands_[i].shape, operands_[i].dtype, false);
    base::fail(base::ExitCode::failed, "cuDNN graph: the shape has no such operand");
  }

  // A virtual f32 tensor: a value between two operations, which never reaches memory.
  Tensor between(const Shape& shape) { return tensor(next_virtual_++, shape, DType::f32, true); }

  Tensor tensor(int64_t id, const Shape& shape, DType dtype, bool is_virtual) {
    const Dimensions dimensions = dimensions_of(shape);
    CudnnDescriptor t(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    t.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, id);
    t.set(CUDNN_ATTR_TENSOR_DATA_TYPE, type_of(dtype));
    t.set(CUDNN_ATTR_TENSOR_DIMENSIONS, dimensions);
    t.set(CUDNN_ATTR_TENSOR_STRIDES, strides_of(dimensions));
    t.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, kOperandAlignment);
    t.set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, is_virtual);
    t.finalize();
    tensors_.push_back(std::move(t));
    return tensors_.size() - 1;
  }

  // If `add`, adds to what y holds.
  void convolution(const Convolution& c, Tensor x, Tensor weight, Tensor y, bool add = false) {
    CudnnDescriptor d(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
    d.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, int64_t(2));
    d.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, CUDNN_DATA_FLOAT);
    d.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION);
    d.set(CUDNN_ATTR_CONVOLUTION_DILATIONS, Dimensions{1, 1});
    d.set(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, Dimensions{s_.stride, s_.stride});
    d.set(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, Dimensions{s_.pad.top, s_.pad.left});
    d.set(CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, Dimensions{s_.pad.bottom, s_.pad.right});
    d.finalize();
    CudnnDescriptor op(c.type);
    op.set(c.description, d);
    op.set(c.x, tensors_[x]);
    op.set(c.weight, tensors_[weight]);
    op.set(c.y, tensors_[y]);
    op.set(c.alpha, 1.0f);
    op.set(c.beta, add ? 1.0f : 0.0f);
    append(std::move(d), std::move(op));
  }

  CudnnDescriptor described(cudnnPointwiseMode_t mode) {
    CudnnDescriptor d(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    d.set(CUDNN_ATTR_POINTWISE_MODE, mode);
    d.set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_DATA_FLOAT);
    return d;
  }

  // y = f(a) or f(a, b). If b has a single pixel, it is broadcast.
  Tensor pointwise(CudnnDescriptor d, Tensor a, std::optional<Tensor> b, Tensor y) {
    d.finalize();
    CudnnDescriptor op(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    op.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, d);
    op.set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, tensors_[a]);
    if (b) op.set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, tensors_[*b]);
    op.set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, tensors_[y]);
    append(std::move(d), std::move(op));
    return y;
  }

  Tensor binary(cudnnPointwiseMode_t mode, Tensor a, Tensor b, Tensor y) {
    return pointwise(described(mode), a, b, y);
  }

  void activation(Tensor x, Tensor y) {
    CudnnDescriptor d = described(CUDNN_POINTWISE_RELU_FWD);
    d.set(CUDNN_ATTR_POINTWISE_NAN_PROPAGATION, CUDNN_PROPAGATE_NAN);
    if (s_.forward.activation == Activation::relu6) {
      d.set(CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP, 0.0);
      d.set(CUDNN_ATTR_POINTWISE_RELU_UPPER_CLIP, 6.0);
    }
    pointwise(std::move(d), x, std::nullopt, y);
  }

  // cuDNN does not say whether the slope exactly at a clip is 0 or 1. At outputs of 0 and 6 it must
  // be 0 (kernels/activation.h). So the clips lie just above 0 and just below 6, at values that no
  // saved output has.
  void mask(Tensor dy, Tensor saved, Tensor dx) {
    CudnnDescriptor d = described(CUDNN_POINTWISE_RELU_BWD);
    d.set(CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP, 1e-30);
    if (s_.grad_input.mask == Activation::relu6)
      d.set(CUDNN_ATTR_POINTWISE_RELU_UPPER_CLIP, six_less_half_a_step(s_.dtype));
    d.finalize();
    CudnnDescriptor op(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    op.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, d);
    op.set(CUDNN_ATTR_OPERATION_POINTWISE_DYDESC, tensors_[dy]);
    op.set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, tensors_[saved]);
    op.set(CUDNN_ATTR_OPERATION_POINTWISE_DXDESC, tensors_[dx]);
    append(std::move(d), std::move(op));
  }

  void statistics(Tensor y) {
    CudnnDescriptor op(CUDNN_BACKEND_OPERATION_GEN_STATS_DESCRIPTOR);
    op.set(CUDNN_ATTR_OPERATION_GENSTATS_MODE, CUDNN_GENSTATS_SUM_SQSUM);
    op.set(CUDNN_ATTR_OPERATION_GENSTATS_MATH_PREC, CUDNN_DATA_FLOAT);
    op.set(CUDNN_ATTR_OPERATION_GENSTATS_XDESC, tensors_[y]);
    op.set(CUDNN_ATTR_OPERATION_GENSTATS_SUMDESC, tensors_[operand(&ConvArgs::sum)]);
    op.set(CUDNN_ATTR_OPERATION_GENSTATS_SQSUMDESC, tensors_[operand(&ConvArgs::sum_of_squares)]);
    op.finalize();
    operations_.push_back(std::move(op));
  }

  // Over all pixels.
  void reduction(Tensor x, Tensor sum) {
    CudnnDescriptor d(CUDNN_BACKEND_REDUCTION_DESCRIPTOR);
    d.set(CUDNN_ATTR_REDUCTION_OPERATOR, CUDNN_REDUCE_TENSOR_ADD);
    d.set(CUDNN_ATTR_REDUCTION_COMP_TYPE, CUDNN_DATA_FLOAT);
#if CUDNN_VERSION >= 91100
    if (cudnn_library().GetVersion() >= 91100) d.set(CUDNN_ATTR_REDUCTION_IS_DETERMINISTIC, true);
#endif
    d.finalize();
    CudnnDescriptor op(CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR);
    op.set(CUDNN_ATTR_OPERATION_REDUCTION_DESC, d);
    op.set(CUDNN_ATTR_OPERATION_REDUCTION_XDESC, tensors_[x]);
    op.set(CUDNN_ATTR_OPERATION_REDUCTION_YDESC, tensors_[sum]);
    append(std::move(d), std::move(op));
  }

  void append(CudnnDescriptor description, CudnnDescriptor operation) {
    operation.finalize();
    descriptions_.push_back(std::move(description));
    operations_.push_back(std::move(operation));
  }

  const CudnnDevice& device_;
  const ConvShape& s_;
  std::vector<ConvOperand> operands_;
  std::vector<CudnnDescriptor> tensors_, descriptions_, operations_;
  int64_t next_virtual_ = kFirstVirtual;
};

}  // namespace

CudnnGraph cudnn_graph(const CudnnDevice& device, const ConvShape& shape) {
  return Builder(device, shape).build();
}

std::vector<CudnnBinding> cudnn_bindings(const ConvShape& shape) {
  std::vector<CudnnBinding> bindings;
  const bool read_again = adds_behind(shape);
  int64_t id = 0;
  for (const ConvOperand& operand : conv_operands(shape)) {
    bindings.push_back({++id, operand.view});
    if (operand.written && operand.read && read_again)
      bindings.push_back({id + kReadAgain, operand.view});
  }
  return bindings;
}

}  // namespace engine
