// Candidates for a convolution: convolutions that a library can be asked for instead of it. Our
// kernels then compute the wanted result from that of the library.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/conv/conv.h"

namespace engine {

struct ConvCandidate {
  std::string name;   // "direct", "unfused", "unfused, out padded to 552", ...
  ConvShape inner;    // the convolution that the library is asked for
  bool fused = true;  // the inner convolution does everything that is fused
};

// The candidate that is taken, and its plan.
struct ConvChoice {
  std::string candidate;  // ConvCandidate::name
  bool compiled_at_run_time = false;
  std::string plan_text;           // of the library's plan for the inner convolution
  std::unique_ptr<ConvPlan> plan;  // for the shape itself
};

// Returns the shape itself and, if its channels do not fill whole words of 16 bytes, padded shapes.
std::vector<ConvCandidate> direct_candidates(const ConvShape&);
// Returns convolutions with less fused to them. Our kernels compute the rest afterwards: bias,
// residual and activation; or mask and channel gradients; or these and the addition to what the
// result held. Returns nothing if nothing is fused, or if the fusion is statistics, which batch
// norm computes better by itself (kernels/batch_norm.h).
std::vector<ConvCandidate> unfused_candidates(const ConvShape&);
// For an f32 gradient of a weight from half types, returns the same gradient, added to a result
// that was set to zero. cuDNN has more kernels that add to a result, and some of them divide the
// sum among more multiprocessors. Returns nothing for other passes and dtypes.
std::vector<ConvCandidate> zeroed_candidates(const ConvShape&);
// Returns the gradient of the weight in the dtype of x, which is rounded once more. Returns nothing
// for other passes and dtypes, and if the shape does not allow this rounding.
std::vector<ConvCandidate> narrow_candidates(const ConvShape&);
bool is_narrow(const std::string& candidate);  // whether the name is that of one of these
// Returns a convolution of single pixels (1x1, stride 1) as a product of matrices ("gemm"). The sum
// with another matrix can be fused to it, and then a bias in the dtype of y, and ReLU. Returns
// nothing for other convolutions and for statistics.
std::optional<ConvCandidate> gemm_candidate(const ConvShape&);

// The convolution with nothing fused to it, and with dw in the dtype of x.
ConvShape plain_conv(const ConvShape&);

// A plan for `shape` from a plan for the inner shape of one of its candidates. It pads operands and
// crops results in the workspace, and runs our kernels for what the inner shape lacks.
std::unique_ptr<ConvPlan> make_staged_conv(const ConvShape& shape, const ConvShape& inner,
                                           std::unique_ptr<ConvPlan>);

}  // namespace engine
