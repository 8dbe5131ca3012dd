// Training steps of a detector that a file describes, with all they compute written to another
// file, for comparison with independent implementations (docs/numerics.md).
#pragma once
#include <string>

namespace tests {

struct ParityOptions {
  std::string precision = "f64";  // engine/precision.h
  std::string device = "cpu";
  double memory_gib = 0;  // of one step; 0: most of what is free
};

// Reads from `in`: metadata "parity" (JSON: detector, loss, optimizer, freeze, steps), and tensors
// model/<parameter or statistic>, images [n, h, w, 3], boxes [n, g, 4], labels and weights [n, g]
// (all of them floating point). Writes to `out`: anchors, losses [steps, 4], logits/<i> and
// codes/<i> per level and gradient/<name> of the first step (times the loss scale, without
// regularisation), then parameter/<name>, momentum/<name> and statistic/<name> after the last.
// Error of the file's defects.
void run_parity(const std::string& in, const std::string& out, const ParityOptions&);

}  // namespace tests
