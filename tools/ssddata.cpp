// ssddata: makes, checks, counts, splits, converts, and shows data sets.

#include "tools/command_line.h"
#include "tools/data/commands.h"

int main(int argc, char** argv) {
  tools::handle_lack_of_memory();
  tools::Program program(
      "ssddata", "Makes, checks, counts, shows, splits, and converts labelled data sets.",
      {{"ssddata synth shapes", "draw a small data set"},
       {"ssddata show --annotations train.json --images train2017/ -o pictures",
        "draw the labels into images"},
       {"ssddata show --augmented configs/shapes_demo.json -o pictures",
        "draw what the network sees in training"},
       {"ssddata check --annotations train.json --images train2017/", "find every problem"},
       {"ssddata stats --annotations train.json", "count images, boxes, classes, sizes"},
       {"ssddata convert --annotations val.json --images val2017/ --to-records out/coco_val "
        "--shards 10",
        "COCO to TFRecord shards"},
       {"ssddata convert --yolo labels/ --images images/ --names classes.txt --to-coco train.json",
        "YOLO to COCO"},
       {"ssddata split --annotations all.json --fraction 0.2 --to-train train.json --to-val "
        "val.json",
        "into training and validation"},
       {"ssddata COMMAND --help", "the options of one command"}});
  return tools::run_commands(
      argc, argv, program,
      {tools::add_check_command(program), tools::add_stats_command(program),
       tools::add_convert_command(program), tools::add_split_command(program),
       tools::add_synth_command(program), tools::add_show_command(program)});
}
