#include "engine/conv/recipe.h"

#include "engine/base/error.h"
#include "engine/conv/operands.h"
#include "kernels/bias.h"
#include "kernels/channel_grads.h"
#include "kernels/elementwise.h"
#include "kernels/pad_channels.h"

namespace engine {
namespace {

constexpr size_t kAlignment = 256;

int rounded(int n, int unit) { return (n + unit - 1) / unit * unit; }
size_t aligned(size_t bytes) { return (bytes + kAlignment - 1) / kAlignment * kAlignment; }

void add_padded(std::vector<ConvRecipe>& recipes, const ConvRecipe& from, int in, int out) {
  const ConvShape& s = from.inner;
  if (s.in_channels == in && s.out_channels == out) return;
  ConvRecipe padded = from;
  padded.inner.in_channels = in;
  padded.inner.out_channels = out;
  if (in != s.in_channels) padded.name += base::concatenate(", in padded to ", in);
  if (out != s.out_channels) padded.name += base::concatenate(", out padded to ", out);
  recipes.push_back(padded);
}

std::vector<ConvRecipe> with_padding(const ConvRecipe& recipe) {
  const ConvShape& s = recipe.inner;
  const int word = int(16 / kernels::size_of(s.dtype));
  std::vector<ConvRecipe> recipes{recipe};
  // Kernels for the first convolution exist for four channels, too.
  if (word > 4 && s.in_channels <= 4) add_padded(recipes, recipe, 4, rounded(s.out_channels, word));
  add_padded(recipes, recipe, rounded(s.in_channels, word), rounded(s.out_channels, word));
  return recipes;
}

class StagedConv : public ConvPlan {
 public:
  StagedConv(const ConvShape& shape, const ConvShape& inner, std::unique_ptr<ConvPlan> plan)
      : shape_(shape), inner_(inner), plan_(std::move(plan)) {
    size_t end = aligned(plan_->workspace());
    const auto outer = conv_operands(shape_);
    for (const ConvOperand& operand : conv_operands(inner_)) {
      const ConvOperand& original = find(outer, operand.view);
      if (operand.shape == original.shape && operand.dtype == original.dtype &&
          operand.read == original.read)
        continue;
      staged_.push_back({operand, end});
      end += aligned(size_t(operand.shape.size() * kernels::size_of(operand.dtype)));
    }
    scratch_ = end;
    auto take = [&](int64_t sums) {
      end += aligned(size_t(sums * kernels::size_of(accumulator(shape_.dtype))));
    };
    if (grads_behind()) take(kernels::channel_grads_scratch(shape_.x_shape()));
    if (statistics_behind())
      take(kernels::channel_grads_scratch(shape_.y_shape()) + 2 * shape_.out_channels);
    workspace_ = end;
  }

  size_t workspace() const override { return workspace_; }

  void run(kernels::Queue queue, const ConvArgs& args) override {
    ConvArgs inner = args;
    for (const Staged& staged : staged_) {
      const ConvOperand& o = staged.operand;
      void* room = static_cast<char*>(args.workspace) + staged.offset;
      inner.*o.view = {room, o.dtype, o.shape};
      if (o.read) kernels::pad_channels(queue, args.*o.view, inner.*o.view);
    }
    if (!staged_.empty()) inner.weight_version = 0;  // the weight is a copy of this run
    plan_->run(queue, inner);
    for (const Staged& staged : staged_) {
      const View room = inner.*staged.operand.view, result = args.*staged.operand.view;
      if (!staged.operand.written) continue;
      if (shape_.accumulate && !inner_.accumulate)
        kernels::add_padded(queue, room, result);
      else
        kernels::pad_channels(queue, room, result);
    }
    finish(queue, args);
  }

 private:
  struct Staged {
    ConvOperand operand;
    size_t offset;
  };

  static const ConvOperand& find(const std::vector<ConvOperand>& all, View ConvArgs::*view) {
    for (const ConvOperand& operand : all)
      if (operand.view == view) return operand;
    base::fail(base::ExitCode::failed, "staged convolution: the inner shape has more operands");
  }

  bool grads_behind() const { return shape_.channel_grads != inner_.channel_grads; }

  void mask(kernels::Queue queue, const ConvArgs& a) const {
    if (!grads_behind()) return kernels::activate_backward(queue, shape_.mask, a.x, a.saved, a.x);
    const View scratch{static_cast<char*>(a.workspace) + scratch_, a.dbeta.dtype, {}};
    kernels::channel_grads(queue, {.g = a.x,
                                   .mask = shape_.mask,
                                   .saved = a.saved,
                                   .x = a.normalised_x,
                                   .mean = a.mean,
                                   .inv_std = a.inv_std,
                                   .dbeta = a.dbeta,
                                   .dgamma = a.dgamma,
                                   .scratch = scratch});
  }

  bool statistics_behind() const { return shape_.statistics && !inner_.statistics; }

  // The sums that a batch norm of mean 0 and deviation 1 would want of a gradient y.
  void statistics(kernels::Queue queue, const ConvArgs& a) const {
    const DType sums = a.sum.dtype;
    auto* const scratch = static_cast<char*>(a.workspace) + scratch_;
    const auto row = shape_.out_channels * kernels::size_of(sums);
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

  // What was taken from the inner shape.
  void finish(kernels::Queue queue, const ConvArgs& a) const {
    if (shape_.mask != inner_.mask) return mask(queue, a);
    if (statistics_behind()) return statistics(queue, a);
    if (shape_.bias && !inner_.bias) kernels::bias(queue, a.y, a.bias, a.y);
    if (shape_.residual && !inner_.residual) kernels::add(queue, a.y, a.residual, a.y);
    if (shape_.activation != inner_.activation)
      kernels::activate(queue, shape_.activation, a.y, a.y);
  }

  ConvShape shape_, inner_;
  std::unique_ptr<ConvPlan> plan_;
  std::vector<Staged> staged_;
  size_t scratch_, workspace_;
};

}  // namespace

std::vector<ConvRecipe> direct_recipes(const ConvShape& shape) {
  return with_padding({"direct", shape});
}

std::vector<ConvRecipe> unfused_recipes(const ConvShape& shape) {
  std::vector<ConvRecipe> recipes;
  ConvShape inner = shape;
  auto add = [&](const char* name) {
    if (inner == shape) return;
    const auto more = with_padding({name, inner, false});
    recipes.insert(recipes.end(), more.begin(), more.end());
  };
  if (shape.pass == ConvPass::forward && !shape.statistics) {
    inner.bias = inner.residual = false;
    inner.activation = Activation::none;
    add("unfused");
  } else if (shape.pass == ConvPass::grad_input) {
    inner.mask = Activation::none;
    inner.channel_grads = ChannelGrads::none;
    add("unfused");
    inner.accumulate = false;
    if (shape.accumulate) add("unfused, added");
  } else if (shape.pass == ConvPass::grad_weight) {
    inner.accumulate = false;
    add("unfused");
  }
  return recipes;
}

std::vector<ConvRecipe> narrow_recipes(const ConvShape& shape) {
  if (shape.pass != ConvPass::grad_weight || shape.narrow_dw) return {};
  ConvShape inner = shape;
  inner.narrow_dw = true;
  inner.accumulate = false;
  return with_padding({"narrow", inner, false});
}

ConvShape plain_conv(const ConvShape& s) {
  ConvShape plain = s;
  plain.bias = plain.residual = plain.statistics = plain.accumulate = false;
  plain.activation = plain.mask = Activation::none;
  plain.channel_grads = ChannelGrads::none;
  plain.narrow_dw = s.pass == ConvPass::grad_weight && accumulator(s.dtype) != s.dtype;
  return plain;
}

std::unique_ptr<ConvPlan> make_staged_conv(const ConvShape& shape, const ConvShape& inner,
                                           std::unique_ptr<ConvPlan> plan) {
  if (inner == shape) return plan;
  return std::make_unique<StagedConv>(shape, inner, std::move(plan));
}

}  // namespace engine
