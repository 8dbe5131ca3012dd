// The convolutions on random shapes, against f64; the other operations: random_shapes_test.cpp.

#include "tests/support/catch.h"
#include "tests/support/engine/conv_run.h"
#include "tests/support/engine/op_parity.h"
#include "tests/support/engine/single_ops.h"
#include "tests/support/engine/summing_plans.h"

using namespace tests;
using namespace engine;

namespace {

// By chance the norm of a few sums is far below what was added up, and rounding shows in it.
constexpr int64_t kFew = 32;

int at_least(int64_t wanted, int64_t unit) { return int((wanted + unit - 1) / unit); }

// A convolution of few products, with what is fused to it.
ConvShape random_conv(std::mt19937& random) {
  const Shape x = random_activation(random);
  ConvShape s{{.images = int(x[0]),
               .height = int(x[1]),
               .width = int(x[2]),
               .in_channels = int(x[3]),
               .out_channels = one_of(random, {1, 2, 3, 5, 7, 8, 9, 13, 16, 17, 24}),
               .kernel = one_of(random, {1, 1, 2, 3, 3, 3, 5, 7}),
               .stride = one_of(random, {1, 1, 1, 2, 2, 3})},
              ConvPass::forward,
              DType::f32,
              true,
              {.bias = random() % 2 > 0,
               .residual = random() % 3 == 0,
               .activation = random_activation_function(random)}};
  auto side = [&] { return int(random() % unsigned((s.kernel + 1) / 2)); };
  s.pad = {side(), side(), side(), side()};
  s.height = std::max(s.height, s.kernel - s.pad.top - s.pad.bottom);
  s.width = std::max(s.width, s.kernel - s.pad.left - s.pad.right);
  while (s.macs() > 60000 && s.out_channels > 1) s.out_channels = (s.out_channels + 1) / 2;
  while (s.macs() > 60000 && s.in_channels > 1) s.in_channels = (s.in_channels + 1) / 2;
  s.out_channels = std::max(s.out_channels, at_least(kFew, s.kernel * s.kernel * s.in_channels));
  if (s.images > 0) {
    const int64_t image = std::min(s.x_shape().size(), s.y_shape().size()) / s.images;
    s.images = std::max(s.images, at_least(kFew, image));
  }
  return s;
}

// One that batch norm follows: there must be a norm of the gradients of its parameters, pixels as
// in random_shapes_test.cpp, and more than the one direction of a kernel that batch norm takes
// away.
ConvShape random_conv_before_batch_norm(std::mt19937& random) {
  ConvShape s = random_conv(random);
  s.out_channels = std::max<int>(s.out_channels, 16);
  if (s.kernel * s.in_channels < 4) s.in_channels = 4;
  if (s.images > 0) s.images = std::max(s.images, at_least(8, s.out_height() * s.out_width()));
  return s;
}

ConvOptions options_of(const ConvShape& s) {
  return {.stride = s.stride, .pad = s.pad, .activation = s.forward.activation};
}

Input per_channel(int channels, double low, double high, bool learnt) {
  return {.shape = {1, {channels}},
          .low = low,
          .high = high,
          .differentiable = learnt,
          .accumulator_dtype = true};
}

// x, weight, the four of a batch norm, and the residual, if any.
std::vector<Input> batch_norm_inputs(const ConvShape& s) {
  std::vector<Input> in{{.shape = s.x_shape(), .differentiable = true},
                        {.shape = s.weight_shape(), .differentiable = true},
                        per_channel(s.out_channels, 0.5, 4, true),
                        per_channel(s.out_channels, -1, 4, true),
                        per_channel(s.out_channels, -0.5, 0.5, false),
                        per_channel(s.out_channels, 0.5, 2, false)};
  if (s.forward.residual) in.push_back({.shape = s.y_shape(), .differentiable = true});
  return in;
}

Tensor residual_of(const ConvShape& s, const std::vector<Tensor>& in) {
  return s.forward.residual ? in.back() : Tensor();
}

}  // namespace

TEST_CASE("random shapes: conv") {
  check_parity({"conv",
                [](std::mt19937& random) {
                  const ConvShape s = random_conv(random);
                  const bool image = random() % 8 == 0;  // x needs no gradient
                  ParityCase t{{.inputs = {{.shape = s.x_shape(), .differentiable = !image},
                                           {.shape = s.weight_shape(), .differentiable = true}}},
                               s.forward.activation};
                  if (s.forward.bias)
                    t.op.inputs.push_back(per_channel(s.out_channels, -1, 4, true));
                  if (s.forward.residual)
                    t.op.inputs.push_back(
                        {.shape = s.y_shape(), .low = -3, .high = 9, .differentiable = true});
                  t.op.run = [s](const Context& c, const std::vector<Tensor>& in) {
                    return conv(c, in[0], in[1], options_of(s), s.forward.bias ? in[2] : Tensor(),
                                residual_of(s, in));
                  };
                  return t;
                },
                true});
}

TEST_CASE("random shapes: conv_with_sums and batch_norm") {
  check_parity({"conv_with_sums, batch_norm",
                [](std::mt19937& random) {
                  const ConvShape s = random_conv_before_batch_norm(random);
                  return ParityCase{{.inputs = batch_norm_inputs(s),
                                     .run =
                                         [s](const Context& c, const auto& in) {
                                           ChannelSums sums;
                                           Tensor y = conv_with_sums(
                                               with_summing_plans(c), in[0], in[1],
                                               {.stride = s.stride, .pad = s.pad}, sums);
                                           return batch_norm(c, y, {in[2], in[3], in[4], in[5]},
                                                             {.activation = s.forward.activation},
                                                             residual_of(s, in), sums);
                                         }},
                                    s.forward.activation};
                },
                true});
}

TEST_CASE("random shapes: conv_frozen_batch_norm") {
  check_parity(
      {"conv_frozen_batch_norm",
       [](std::mt19937& random) {
         const ConvShape s = random_conv_before_batch_norm(random);
         ParityCase t{{.inputs = batch_norm_inputs(s)}, s.forward.activation};
         t.op.inputs[1].accumulator_dtype = true;  // the master
         t.op.run = [s](const Context& c, const auto& in) {
           return conv_frozen_batch_norm(
               c, in[0], in[1], options_of(s),
               {.master = in[1], .gamma = in[2], .beta = in[3], .mean = in[4], .variance = in[5]},
               residual_of(s, in));
         };
         return t;
       },
       true});
}

// What the gradients of convolutions fuse: the sum of two, the mask of the activation, and what
// that gives to the bias or the batch norm before it.
TEST_CASE("random shapes: two convolutions that read one activation") {
  check_parity(
      {"activation, two convs",
       [](std::mt19937& random) {
         ConvShape s = random_conv(random);
         s.in_channels = std::max(s.in_channels, 16);
         if (s.images > 0) s.images = std::max(s.images, at_least(8, s.height * s.width));
         while (s.macs() > 60000 && s.out_channels > 2) s.out_channels /= 2;
         const int before = one_of(random, {0, 1, 2});  // nothing, bias, batch norm
         const Input kernel{.shape = s.weight_shape(), .differentiable = true};
         ParityCase t{
             {.inputs = {{.shape = s.x_shape(), .low = -4, .high = 8, .differentiable = true},
                         kernel,
                         kernel}}};
         if (before > 0) t.op.inputs.push_back(per_channel(s.in_channels, -1, 1, true));
         if (before > 1)
           for (bool learnt : {true, false, false})
             t.op.inputs.push_back(per_channel(s.in_channels, 0.5, 2, learnt));
         t.op.run = [=](const Context& c, const std::vector<Tensor>& in) {
           const Tensor h = before == 0   ? relu6(c, in[0])
                            : before == 1 ? relu(c, bias(c, in[0], in[3]))
                                          : batch_norm(c, in[0], {in[4], in[3], in[5], in[6]},
                                                       {.activation = Activation::relu});
           const ConvOptions options{.stride = s.stride, .pad = s.pad};
           return add(c, conv(c, h, in[1], options), conv(c, h, in[2], options));
         };
         return t;
       },
       true});
}

// What random shapes found in oneDNN 2.6.3 and 3.7.2, in short.
TEST_CASE("convolutions that a library computes wrongly are not left to it") {
  const ConvShape residual{{.images = 2,
                            .height = 5,
                            .width = 3,
                            .in_channels = 4,
                            .out_channels = 5,
                            .kernel = 5,
                            .pad = {0, 2, 2, 0}},
                           ConvPass::forward,
                           DType::f32,
                           true,
                           {.residual = true}};
  // P7's kernel where P6 is one pixel.
  const ConvShape narrow{{.images = 2,
                          .height = 1,
                          .width = 1,
                          .in_channels = 16,
                          .out_channels = 16,
                          .kernel = 3,
                          .stride = 2,
                          .pad = {1, 1, 1, 1}},
                         ConvPass::grad_weight,
                         DType::bf16};
  const ConvShape long_stride{{.images = 2,
                               .height = 4,
                               .width = 4,
                               .in_channels = 16,
                               .out_channels = 32,
                               .kernel = 4,
                               .stride = 4,
                               .pad = {3, 0, 0, 2}},
                              ConvPass::forward,
                              DType::bf16};
  for (const ConvShape& s : {residual, narrow, long_stride}) {
    INFO(describe(s));
    ConvRun ours(s), plain(s);
    const auto plan = ours.backend().plan(s);
    const OperandValues got = ours.run(*plan), expected = plain.run(*make_plain_loops(s));
    // Where the library does it, bf16 outputs are rounded from sums in another order.
    const double limit = s.pass == ConvPass::forward && s.dtype == DType::bf16 ? 1e-2 : 1e-5;
    for (size_t i = 0; i < got.size(); ++i) CHECK(distance(got[i], expected[i]) < limit);
  }
}
