// Finds engines that are worth timing although cuDNN's heuristics leave them out, or propose them
// in one setting only.
#pragma once
#include <vector>

#include "engine/cudnn/plan.h"

namespace engine {

// How many engines and how many further settings a graph gets at most.
constexpr int kMostFallbackEngines = 2, kMostSettings = 3;

// `proposed` are the engines that cudnn_engines returns for the graph. If one of them uses tensor
// cores and need not be compiled, returns none. Else returns
// - engines that use tensor cores and that cuDNN compiles, but lists only among its fallback
//   engines: on Hopper these are, for most fusions, the engines that were written for Hopper;
// - further settings of such engines, and of proposed ones, that occur in a single setting: a sum
//   that is divided into parts, or smaller tiles.
std::vector<CudnnEngine> further_engines(const CudnnDevice&, const CudnnGraph&, const ConvShape&,
                                         const std::vector<CudnnEngine>& proposed);

}  // namespace engine
