// model_parity IN OUT --precision f64: see tests/support/tools/parity_run.h. For tests/peers/.
#include <CLI/CLI.hpp>
#include <iostream>

#include "tests/support/tools/parity_run.h"

int main(int argc, char** argv) {
  CLI::App app("Training steps of a detector, for comparison with other implementations");
  std::string in, out;
  tests::ParityOptions options;
  app.add_option("IN", in, "detector, weights and batch (safetensors)")->required();
  app.add_option("OUT", out, "results (safetensors)")->required();
  app.add_option("--precision", options.precision, "f64, fp32, tf32, bf16 or fp16");
  app.add_option("--device", options.device, "cpu, cuda or cuda:N");
  app.add_option("--memory-gib", options.memory_gib, "step memory; 0: most of what is free");
  CLI11_PARSE(app, argc, argv);
  try {
    tests::run_parity(in, out, options);
  } catch (const std::exception& e) {
    std::cerr << "model_parity: " << e.what() << "\n";
    return 1;
  }
  return 0;
}
