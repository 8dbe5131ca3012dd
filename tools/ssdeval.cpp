// ssdeval: COCO metrics.
#include <iostream>

#include "tools/command_line.h"
#include "tools/evaluate_files.h"

int main(int argc, char** argv) {
  CLI::App app("", "ssdeval");
  tools::describe_program(
      app, "COCO box metrics of a results file.",
      {{"ssdeval --annotations instances_val2017.json --detections detections.json",
        "the twelve COCO metrics and a table of classes"},
       {"ssdeval --annotations A.json --detections D.json --json", "the same for programs"}});
  tools::FileEvaluation job;
  app.add_option("--annotations", job.annotations, "COCO annotations")
      ->type_name("FILE")
      ->required();
  app.add_option("--detections", job.detections, "COCO results: an array of boxes with scores")
      ->type_name("FILE")
      ->required();
  app.add_flag("--json", job.json, "Print one JSON object");
  app.add_option("--per-class", job.per_class, "Write a row per class to this CSV file")
      ->type_name("FILE");
  app.add_flag("--reference-area", job.options.reference_area,
               "Small, medium, large by the area of the box instead of the mask");
  app.add_flag("--strict-ids", job.options.id_zero_is_missed,
               "Count an object with annotation id 0 as missed, as pycocotools does");
  app.add_option("--threads", job.options.threads, "Threads, 0 for one per core")
      ->check(CLI::Range(0, 1024))
      ->type_name("N");
  return tools::run_program(argc, argv, app, [&] { evaluate_files(job, std::cout, std::cerr); });
}
