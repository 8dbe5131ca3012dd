// Engines that cuDNN's heuristics leave out, or know one setting of: worth being timed.
#pragma once
#include <vector>

#include "engine/cudnn/plan.h"

namespace engine {

// How many of them a convolution gets.
constexpr int kMostFallbackEngines = 2, kMostSettings = 3;

// `proposed` are the engines that cudnn_engines returns for the graph. If one of them uses tensor
// cores and need not be compiled, returns none. Else returns
// - engines that use tensor cores and that cuDNN compiles, but lists among its fallback engines
//   alone: on Hopper, those that were written for Hopper, for most of what is fused;
// - of engines of this kind that cuDNN proposes in one setting, others: with a sum that is divided
//   into parts, or with smaller tiles.
std::vector<CudnnEngine> further_engines(const CudnnDevice&, const CudnnGraph&, const ConvShape&,
                                         const std::vector<CudnnEngine>& proposed);

}  // namespace engine
