// Which convolutions, with what on them, SSD320's step asks a GPU for.
#include "tests/support/tools/step_convs.h"
#include "tests/support/catch.h"

using namespace tests;
using engine::Activation, engine::ChannelGrads, engine::ConvPass, engine::ConvShape;

namespace {

// A convolution of the backbone or the heads that nothing else in the model looks like.
enum class Layer { predictor, unit_3x3, unit_entry, shortcut, other };

Layer layer_of(const ConvShape& s) {
  const int in = s.in_channels, out = s.out_channels;
  if (out == 24 || out == 546) return Layer::predictor;
  if (s.kernel == 3 && in == out && in != 256) return Layer::unit_3x3;
  if (s.kernel == 1 && in == 4 * out && in != 1024) return Layer::unit_entry;
  if (s.kernel == 1 && s.stride == 2 && out == 2 * in) return Layer::shortcut;
  return Layer::other;
}

// Batch statistics: only behind a residual does batch norm leave its mask to the convolution.
void check_input_gradients(const std::set<ConvShape>& shapes, ChannelGrads grads) {
  int seen = 0;
  for (const ConvShape& s : shapes) {
    const Layer layer = layer_of(s);
    if (s.pass != ConvPass::grad_input || layer == Layer::other) continue;
    INFO(describe(s));
    ++seen;
    const bool reads_block_end = layer == Layer::unit_entry || layer == Layer::shortcut;
    const bool left = reads_block_end || grads == ChannelGrads::bias;
    CHECK(s.grad_input.mask == (reads_block_end ? Activation::relu
                                : left          ? Activation::relu6
                                                : Activation::none));
    CHECK(s.grad_input.channel_grads == (left ? grads : ChannelGrads::none));
    // Behind the gradient of the residual, or of the other convolution that reads the input.
    CHECK(s.accumulate() == reads_block_end);
  }
  CHECK(seen == 10 + 3 + 3 + 3);
}

}  // namespace

TEST_CASE("SSD320's step: input gradients are summed, masked and added up by the convolutions") {
  check_input_gradients(step_convs(ssd320_config("fp16", 8, false)).training,
                        ChannelGrads::batch_norm);
  check_input_gradients(step_convs(ssd320_config("fp16", 8, true)).training, ChannelGrads::bias);
}

TEST_CASE("SSD320's step: weight gradients go straight into the parameters") {
  for (const ConvShape& s : step_convs(ssd320_config("fp16", 8, false)).training) {
    INFO(describe(s));
    // But for the towers': branches that share a kernel add to it when they are done.
    if (s.pass == ConvPass::grad_weight) CHECK((s.accumulate() || s.in_channels == 256));
    if (s.pass == ConvPass::forward && s.out_channels % 64 == 0 && s.in_channels != 256)
      CHECK((s.forward.statistics || s.forward.bias));
  }
}

TEST_CASE("SSD320's step: train.weight_gradients says which gradients a half type may round") {
  using engine::Narrowing;
  struct Case {
    const char *precision, *key;
    Narrowing wanted;
  };
  for (const Case& c :
       {Case{"fp16", "auto", Narrowing::if_faster}, Case{"fp16", "exact", Narrowing::never},
        Case{"fp16", "half", Narrowing::if_faster}, Case{"bf16", "auto", Narrowing::if_needed},
        Case{"bf16", "exact", Narrowing::never}, Case{"bf16", "half", Narrowing::if_faster}}) {
    INFO(c.precision << " " << c.key);
    config::RunConfig config = ssd320_config(c.precision, 8, false);
    config.train.weight_gradients = c.key;
    int gradients = 0;
    for (const ConvShape& s : step_convs(config).training) {
      if (s.pass != ConvPass::grad_weight) continue;
      ++gradients;
      CHECK(s.grad_weight.narrowing == c.wanted);
    }
    CHECK(gradients > 20);
  }
  // Where all is f32, the key changes no plan.
  config::RunConfig config = ssd320_config("tf32", 8, false);
  const auto usual = step_convs(config).training;
  config.train.weight_gradients = "exact";
  CHECK((step_convs(config).training == usual));
}

TEST_CASE("SSD320's detection: one fused convolution per layer") {
  const auto convs = step_convs(ssd320_config("fp16", 8, false));
  CHECK(convs.detection.size() > 30);
  for (const ConvShape& s : convs.detection) {
    INFO(describe(s));
    CHECK(s.pass == ConvPass::forward);
    CHECK(s.forward.bias);
    CHECK_FALSE(s.forward.statistics);
  }
}
