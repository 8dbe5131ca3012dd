// model_parity IN OUT --precision f64: see tests/support/tools/parity_run.h. For tests/peers/.
#include "tests/support/tools/parity_run.h"
#include "tools/command_line.h"

int main(int argc, char** argv) {
  tools::Program program("model_parity",
                         "Training steps of a detector, for comparison with other implementations",
                         {});
  std::string in, out;
  tests::ParityOptions options;
  program.add("IN", in, "detector, weights and batch (safetensors)").required();
  program.add("OUT", out, "results (safetensors)").required();
  program.add("--precision", options.precision, "f64, fp32, tf32, bf16 or fp16");
  program.add("--device", options.device, "cpu, cuda or cuda:N");
  program.add("--memory-gib", options.memory_gib, "step memory; 0: most of what is free");
  return tools::run_program(argc, argv, program, [&] { tests::run_parity(in, out, options); });
}
