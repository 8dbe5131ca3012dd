// The plans of cuDNN's that are timed against each other for a convolution. Finding and compiling
// them takes seconds, so this is done for many convolutions at once. They are kept as text, which
// the threads that build them hand to the thread that runs them.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/cudnn/choice.h"

namespace engine {

struct CudnnCandidatePlans {
  struct Plan {
    std::string candidate, text;  // CudnnChoice::candidate and plan_text
  };
  std::vector<Plan> plans;    // by falling preference
  std::optional<Plan> plain;  // of plain_conv(shape), if that is another shape
  std::string refusal;        // if every plan that had to be compiled was refused: cuDNN's words
};

// As text in one line, and back. plans_from_text: Error(failed) for any other text.
std::string text_of(const CudnnCandidatePlans&);
CudnnCandidatePlans plans_from_text(const std::string&);

// Several plans of each convolution of stage 0; none that is unfused if cuDNN has a fused kernel
// that need not be compiled. With `deterministic`, the plan that choose_first takes.
CudnnCandidatePlans candidate_plans(const std::shared_ptr<const CudnnDevice>&, const ConvShape&,
                                    bool deterministic, CudnnAttempts* = nullptr);

// The same for many shapes, on `threads` threads, each with a device of its own from `open`. Shapes
// of a thread that fails are left out.
std::map<ConvShape, CudnnCandidatePlans> candidate_plans(
    const std::vector<ConvShape>&, bool deterministic, int threads,
    const std::function<std::shared_ptr<const CudnnDevice>()>& open);

}  // namespace engine
