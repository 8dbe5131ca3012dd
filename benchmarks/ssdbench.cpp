// ssdbench: times training, detection, data loading, evaluation, and single operations.

#include "benchmarks/commands.h"
#include "tools/command_line.h"

int main(int argc, char** argv) {
  tools::handle_lack_of_memory();
  tools::Program program(
      "ssdbench", "Times SSD320 (90 classes, 320 x 320): whole steps and their parts.",
      {{"ssdbench infer --batch 1,2,4,8", "pictures in memory to boxes: rate and latency"},
       {"ssdbench train --precision bf16 --batch 8", "training steps"},
       {"ssdbench data --annotations train.json --images train2017/", "JPEG files to batches"},
       {"ssdbench eval", "COCO metrics of a data set as large as val2017"},
       {"ssdbench op --device cpu --precision fp32 --batch 8 --mode train --runs 3 --cpu-time",
        "every operation of a step against the roofline, on a busy machine"},
       {"ssdbench conv", "every convolution of SSD320 alone, on the CPU"},
       {"ssdbench allreduce --ranks 2", "sums over ranks, by size"},
       {"ssdbench compare before.json after.json", "what became slower, beyond noise"},
       {"ssdbench COMMAND --help", "the options of one command"}});
  return tools::run_commands(
      argc, argv, program,
      {benchmarks::add_train_command(program), benchmarks::add_infer_command(program),
       benchmarks::add_data_command(program), benchmarks::add_eval_command(program),
       benchmarks::add_op_command(program), benchmarks::add_conv_command(program),
       benchmarks::add_allreduce_command(program), benchmarks::add_compare_command(program)});
}
