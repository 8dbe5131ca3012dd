// Convolution plans: what a backend builds once per shape and runs every step.
#pragma once
#include <map>
#include <memory>

#include "engine/conv/shape.h"
#include "kernels/queue.h"

namespace engine {

class Backend;

// The operands of one run. conv_operands() (engine/conv/operands.h) says which of them a plan uses,
// with which shapes and dtypes:
//   forward      reads x, weight, bias, residual; writes y, sum, sum_of_squares
//   grad_input   reads weight, y as dy, saved, normalised_x, mean, inv_std; writes x as dx, dbeta,
//                dgamma
//   grad_weight  reads x, y as dy; writes weight as dw
// `saved` is the output of the activation that masks dx; `normalised_x` is the input of the batch
// norm before that activation, `mean` and `inv_std` are its moments.
struct ConvArgs {
  View x, weight, y, bias, residual;
  View sum, sum_of_squares;
  View saved, normalised_x, mean, inv_std, dbeta, dgamma;
  void* workspace = nullptr;
  // Version 0: the weight may have changed since the last run. Otherwise id and version identify
  // its contents, and a plan may keep a copy of it in another layout.
  Tensor::Id weight_id;
  uint64_t weight_version = 0;
};

// Copies of weights in another layout, which a plan keeps between runs.
struct KeptWeights {
  size_t bytes = 0;              // of each weight whose version is known
  const void* shared = nullptr;  // plans with the same address here share their copies
};

// One pass of one convolution, ready to run. The engine calls this a plan.
class ConvPlan {
 public:
  virtual ~ConvPlan() = default;
  virtual size_t workspace() const = 0;  // bytes that run() needs in ConvArgs::workspace
  virtual KeptWeights kept_weights() const { return {}; }
  virtual void run(kernels::Queue, const ConvArgs&) = 0;  // queues the work
};

// Plain loops that sum in double for f64, else in float. They run on any machine with every dtype,
// slowly; other plans are compared with them.
std::unique_ptr<ConvPlan> make_plain_loops(const ConvShape&);
// oneDNN's primitives, for f32 and bf16. Null if the build lacks oneDNN, or oneDNN lacks a
// primitive for this shape or computes it wrongly.
std::unique_ptr<ConvPlan> make_onednn_conv(const ConvShape&);

// What oneDNN multiplies bf16 with on this CPU: f32 instructions, AVX512_BF16 (twice as fast as
// f32), or AMX (16 times). f32 if the build lacks oneDNN.
enum class Bf16Products { f32, avx512, amx };
Bf16Products bf16_products();

// Plans by shape. Each is built at its first use.
class ConvPlans {
 public:
  explicit ConvPlans(Backend& backend) : backend_(backend) {}
  // Throws Error(failed) if the device has no plan for the shape.
  ConvPlan& at(const ConvShape&);
  // Null if the shape is optional() and the device has no plan for it.
  ConvPlan* find(const ConvShape&);
  size_t size() const { return plans_.size(); }
  int64_t macs() const { return macs_; }  // multiply-accumulates of all plans handed out so far

 private:
  Backend& backend_;
  std::map<ConvShape, std::unique_ptr<ConvPlan>> plans_;
  int64_t macs_ = 0;
};

}  // namespace engine
