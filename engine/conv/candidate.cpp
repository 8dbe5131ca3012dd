#include "engine/conv/candidate.h"

#include "engine/base/error.h"
#include "engine/conv/operands.h"
#include "kernels/bias.h"
#include "kernels/channel_grads.h"
#include "kernels/elementwise.h"
#include "kernels/pad_channels.h"

namespace engine {
namespace {

constexpr const char* kNarrow = "narrow";

int rounded(int n, int unit) { return (n + unit - 1) / unit * unit; }

void add_padded(std::vector<ConvCandidate>& all, const ConvCandidate& from, int in, int out) {
  const ConvShape& s = from.inner;
  if (s.in_channels == in && s.out_channels == out) return;
  ConvCandidate padded = from;
  padded.inner.in_channels = in;
  padded.inner.out_channels = out;
  if (in != s.in_channels) padded.name += base::concatenate(", in padded to ", in);
  if (out != s.out_channels) padded.name += base::concatenate(", out padded to ", out);
  all.push_back(padded);
}

std::vector<ConvCandidate> with_padding(const ConvCandidate& candidate) {
  const ConvShape& s = candidate.inner;
  const int word = int(16 / kernels::size_of(s.dtype));
  const int in = rounded(s.in_channels, word), out = rounded(s.out_channels, word);
  std::vector<ConvCandidate> all{candidate};
  // cuDNN has kernels for the first convolution with four channels, too.
  if (word > 4 && s.in_channels <= 4) add_padded(all, candidate, 4, out);
  add_padded(all, candidate, in, out);
  return all;
}

class StagedConv : public ConvPlan {
 public:
  StagedConv(const ConvShape& shape, const ConvShape& inner, std::unique_ptr<ConvPlan> plan)
      : shape_(shape), inner_(inner), plan_(std::move(plan)) {
    size_t end = aligned(plan_->workspace());
    const auto outer = conv_operands(shape_);
    for (const ConvOperand& operand : conv_operands(inner_)) {
      if (needs_no_copy(operand, operand_of(outer, operand.view))) continue;
      staged_.push_back({operand, end});
      end += aligned(operand.bytes());
    }
    scratch_ = end;
    if (computes_grads()) end += bytes_of_sums(kernels::channel_grads_scratch(shape_.x_shape()));
    if (computes_statistics())
      end += 2 * bytes_of_sums(shape_.out_channels) +
             bytes_of_sums(kernels::channel_grads_scratch(shape_.y_shape()));
    workspace_ = end;
  }

  size_t workspace() const override { return workspace_; }
  KeptWeights kept_weights() const override {
    return staged_.empty() ? plan_->kept_weights() : KeptWeights{};
  }

  void run(kernels::Queue queue, const ConvArgs& args) override {
    ConvArgs inner = args;
    for (const Staged& staged : staged_) {
      const ConvOperand& o = staged.operand;
      void* copy = static_cast<char*>(args.workspace) + staged.offset;
      inner.*o.view = {copy, o.dtype, o.shape};
      if (o.read && !(o.written && zeroed()))
        kernels::pad_channels(queue, args.*o.view, inner.*o.view);
    }
    if (zeroed()) kernels::fill(queue, inner.weight, 0);
    if (!staged_.empty()) inner.weight_version = 0;  // the weight is a copy of this run
    plan_->run(queue, inner);
    for (const Staged& staged : staged_) {
      const View copy = inner.*staged.operand.view, result = args.*staged.operand.view;
      if (!staged.operand.written) continue;
      if (shape_.accumulate() && !inner_.accumulate())
        kernels::add_padded(queue, copy, result);
      else
        kernels::pad_channels(queue, copy, result);
    }
    finish(queue, args);
  }

 private:
  struct Staged {  // an operand of the inner plan that is a copy, in the workspace
    ConvOperand operand;
    size_t offset;
  };

  // The bytes that so many sums take in the workspace, rounded up so that what follows is aligned.
  size_t bytes_of_sums(int64_t sums) const {
    return aligned(size_t(sums * kernels::size_of(accumulator(shape_.dtype))));
  }

  // Whether the result has to be zeroed first: the inner plan adds to it, but `shape_` overwrites.
  bool zeroed() const { return inner_.accumulate() && !shape_.accumulate(); }

  // Whether the inner plan can work on the outer operand itself.
  bool needs_no_copy(const ConvOperand& inner, const ConvOperand& outer) const {
    const bool reads_alike = inner.read == outer.read || (inner.written && zeroed());
    return inner.shape == outer.shape && inner.dtype == outer.dtype && reads_alike;
  }

  static const ConvOperand& operand_of(const std::vector<ConvOperand>& all, View ConvArgs::*view) {
    for (const ConvOperand& operand : all)
      if (operand.view == view) return operand;
    base::fail(base::ExitCode::failed, "staged convolution: the inner shape has more operands");
  }

  bool computes_grads() const {
    return shape_.grad_input.channel_grads != inner_.grad_input.channel_grads;
  }

  void mask(kernels::Queue queue, const ConvArgs& a) const {
    const Activation activation = shape_.grad_input.mask;
    if (!computes_grads()) return kernels::activate_backward(queue, activation, a.x, a.saved, a.x);
    const View scratch{static_cast<char*>(a.workspace) + scratch_, a.dbeta.dtype, {}};
    kernels::channel_grads(queue, {.g = a.x,
                                   .mask = activation,
                                   .saved = a.saved,
                                   .x = a.normalised_x,
                                   .mean = a.mean,
                                   .inv_std = a.inv_std,
                                   .dbeta = a.dbeta,
                                   .dgamma = a.dgamma,
                                   .scratch = scratch});
  }

  bool computes_statistics() const {
    return shape_.forward.statistics && !inner_.forward.statistics;
  }

  // Computes the sums as channel gradients: those of a batch norm of mean 0 and deviation 1 whose
  // input is y and whose output gradient is y, too.
  void statistics(kernels::Queue queue, const ConvArgs& a) const {
    const DType sums = a.sum.dtype;
    auto* const scratch = static_cast<char*>(a.workspace) + scratch_;
    const size_t row = bytes_of_sums(shape_.out_channels);
    const View zero{scratch, sums, a.sum.shape}, one{scratch + row, sums, a.sum.shape};
    kernels::fill(queue, zero, 0);
    kernels::fill(queue, one, 1);
    kernels::channel_grads(queue, {.g = a.y,
                                   .x = a.y,
                                   .mean = zero,
                                   .inv_std = one,
                                   .dbeta = a.sum,
                                   .dgamma = a.sum_of_squares,
                                   .scratch = {scratch + 2 * row, sums, {}}});
  }

  // Computes what is fused in `shape_` and not in `inner_`.
  void finish(kernels::Queue queue, const ConvArgs& a) const {
    if (shape_.grad_input.mask != inner_.grad_input.mask) return mask(queue, a);
    if (computes_statistics()) return statistics(queue, a);
    const ForwardFusion &wanted = shape_.forward, &done = inner_.forward;
    if (wanted == done) return;
    kernels::bias_residual(
        queue, {.x = a.y,
                .b = wanted.bias && !done.bias ? a.bias : View{},
                .residual = wanted.residual && !done.residual ? a.residual : View{},
                .y = a.y,
                .activation =
                    wanted.activation != done.activation ? wanted.activation : Activation::none});
  }

  ConvShape shape_, inner_;
  std::unique_ptr<ConvPlan> plan_;
  std::vector<Staged> staged_;
  size_t scratch_, workspace_;
};

}  // namespace

std::vector<ConvCandidate> direct_candidates(const ConvShape& shape) {
  return with_padding({"direct", shape});
}

std::vector<ConvCandidate> unfused_candidates(const ConvShape& shape) {
  std::vector<ConvCandidate> all;
  auto add = [&](const char* name, const ConvShape& inner) {
    if (inner == shape) return;
    const auto more = with_padding({name, inner, false});
    all.insert(all.end(), more.begin(), more.end());
  };
  if (shape.forward.statistics) return all;
  ConvShape inner = unfused(shape, shape.pass);
  if (shape.pass == ConvPass::grad_input && shape.accumulate()) {
    inner.grad_input.accumulate = true;
    add("unfused", inner);
    inner.grad_input.accumulate = false;
    add("unfused, added", inner);
    return all;
  }
  inner.grad_weight = shape.grad_weight;
  inner.grad_weight.accumulate = false;
  add("unfused", inner);
  return all;
}

std::vector<ConvCandidate> zeroed_candidates(const ConvShape& shape) {
  const bool widened = accumulator(shape.dtype) != shape.dtype && !shape.grad_weight.narrow_dw;
  if (shape.pass != ConvPass::grad_weight || shape.accumulate() || !widened) return {};
  ConvShape inner = shape;
  inner.grad_weight.accumulate = true;
  return with_padding({"zeroed", inner});
}

std::vector<ConvCandidate> narrow_candidates(const ConvShape& shape) {
  const GradWeightFusion& wanted = shape.grad_weight;
  if (shape.pass != ConvPass::grad_weight || wanted.narrow_dw) return {};
  if (wanted.narrowing == Narrowing::never || accumulator(shape.dtype) == shape.dtype) return {};
  ConvShape inner = unfused(shape, shape.pass);
  inner.grad_weight.narrow_dw = true;
  return with_padding({kNarrow, inner, false});
}

bool is_narrow(const std::string& candidate) { return candidate.starts_with(kNarrow); }

std::optional<ConvCandidate> gemm_candidate(const ConvShape& s) {
  const bool pixels = s.kernel == 1 && s.stride == 1 && s.pad == Padding{} && s.images > 0;
  if (!pixels || s.forward.statistics || s.dtype == DType::f64) return std::nullopt;
  ConvShape inner = unfused(s, s.pass);
  inner.grad_input.accumulate = s.grad_input.accumulate;
  inner.grad_weight = s.grad_weight;
  inner.forward.residual = s.forward.residual;
  inner.forward.bias = s.forward.bias && accumulator(s.dtype) == s.dtype;
  if (s.forward.activation == Activation::relu && inner.forward.bias == s.forward.bias)
    inner.forward.activation = Activation::relu;
  return ConvCandidate{"gemm", inner, inner == s};
}

ConvShape plain_conv(const ConvShape& s) {
  ConvShape plain = unfused(s, s.pass);
  plain.grad_weight.narrow_dw = s.pass == ConvPass::grad_weight && accumulator(s.dtype) != s.dtype;
  return plain;
}

std::unique_ptr<ConvPlan> make_staged_conv(const ConvShape& shape, const ConvShape& inner,
                                           std::unique_ptr<ConvPlan> plan) {
  if (inner == shape) return plan;
  return std::make_unique<StagedConv>(shape, inner, std::move(plan));
}

}  // namespace engine
