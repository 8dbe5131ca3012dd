// Finds the plans of cuDNN that are timed against each other for a convolution. Finding and
// compiling them takes seconds, so this is done for many convolutions at once. The threads that
// build plans pass them on as text to the thread that runs them.
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
    std::string candidate, text;  // ConvChoice::candidate and plan_text
  };
  std::vector<Plan> plans;    // best first
  std::optional<Plan> plain;  // for plain_conv(shape), if that is another shape
  std::string refusal;        // cuDNN's words, if it refused every plan that had to be compiled
};

// Converts the plans into one line of text, and back. plans_from_text throws Error(failed) for any
// other text.
std::string text_of(const CudnnCandidatePlans&);
CudnnCandidatePlans plans_from_text(const std::string&);

// Returns several plans for each convolution of stage 0. If cuDNN has a fused kernel that need not
// be compiled, unfused ones are left out. With `deterministic`, returns only the plan that
// choose_first takes.
CudnnCandidatePlans candidate_plans(const std::shared_ptr<const CudnnDevice>&, const ConvShape&,
                                    bool deterministic, CudnnAttempts* = nullptr);

// Without `deterministic`, candidate_plans() returns what these two return: the plans that cuDNN's
// heuristics propose, and others (see further_engines).
std::vector<CudnnCandidatePlans::Plan> proposed_plans(const std::shared_ptr<const CudnnDevice>&,
                                                      const ConvShape&, CudnnAttempts&);
std::vector<CudnnCandidatePlans::Plan> further_plans(const std::shared_ptr<const CudnnDevice>&,
                                                     const ConvShape&, CudnnAttempts&);

// Calls candidate_plans() for many shapes, on `threads` threads, each of which opens a device of
// its own with `open`. If a thread fails, its remaining shapes are left out.
std::map<ConvShape, CudnnCandidatePlans> candidate_plans(
    const std::vector<ConvShape>&, bool deterministic, int threads,
    const std::function<std::shared_ptr<const CudnnDevice>()>& open);

}  // namespace engine
