// ssddetect: what a model sees in images.
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <iostream>

#include "tools/command_line.h"
#include "tools/dataset_input.h"
#include "tools/detect_images.h"

namespace {

void add_file_options(CLI::App& app, tools::DetectJob& job, CLI::Option* pictures) {
  app.add_option("--save-crops", job.folders.crops,
                 "Folder for a picture of each box, as CLASS/IMAGE_1.jpg")
      ->type_name("DIR");
  app.add_option("--save-txt", job.folders.labels,
                 "Folder for YOLO label files with scores, and classes.txt")
      ->type_name("DIR");
  CLI::Option* truth =
      app.add_option("--ground-truth", job.truth,
                     "Labelled data set of any format: -o shows its boxes beside those found")
          ->type_name("PATH")
          ->needs(pictures);
  app.add_option("--split", job.split, "Images of a data.yaml or of VOC's ImageSets/Main [val]")
      ->type_name("NAME")
      ->needs(truth);
}

void add_result_options(CLI::App& app, tools::DetectJob& job) {
  CLI::Option* json =
      app.add_option("--json", job.json, "Results into this file instead of standard output")
          ->type_name("FILE");
  CLI::Option* overwrite =
      app.add_flag("--overwrite", job.overwrite, "Replace files that exist, but never an input");
  app.add_flag("--json-lines", job.json_lines,
               "A line of JSON for each image, as soon as it is done; never replaces a file")
      ->excludes(json)
      ->excludes(overwrite);
  app.add_option("--watch", job.watch,
                 "--json-lines for the images that come into this folder, until SIGINT or SIGTERM")
      ->type_name("DIR")
      ->excludes(json)
      ->excludes(overwrite);
}

// Which boxes are kept.
void add_rule_options(CLI::App& app, tools::DetectJob& job) {
  app.add_option("--score-threshold", job.score_threshold,
                 "Boxes with this score or less are left out")
      ->check(tools::number_between(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--classes", job.classes, "Keep boxes of these classes only")
      ->allow_extra_args(false)
      ->type_name("NAME,NAME,...");
  app.add_option("--iou", job.iou,
                 "Boxes that overlap a better one by a larger IoU are left out; default: the "
                 "model's eval.iou_threshold")
      ->check(tools::number_between(0.0, 1.0))
      ->type_name("X");
  app.add_flag("--agnostic", job.agnostic, "Apply --iou to boxes of different classes, too");
  app.add_option("--max", job.most, "Boxes per image at most; default: the model's eval.max_total")
      ->check(CLI::Range(1, 10000))
      ->type_name("N");
}

}  // namespace

int main(int argc, char** argv) {
  tools::handle_lack_of_memory();
  CLI::App app("", "ssddetect");
  tools::describe_program(
      app, "Finds objects in images with a trained model.",
      {{"ssddetect --checkpoint best.safetensors photo.jpg -o found",
        "the boxes as JSON, and found/photo.jpg with the boxes drawn in"},
       {"ssddetect --checkpoint best.safetensors photos --json boxes.json",
        "all JPEG and PNG files of a folder, COCO results into a file"},
       {"find photos -name '*.jpg' | ssddetect --checkpoint F - --classes car,bus",
        "a list of files, and only these classes"},
       {"ssddetect --checkpoint best.safetensors --watch incoming",
        "a line of JSON for every image that comes into the folder"}});
  tools::DetectJob job;
  job.use.limits = {.batch = "--batch", .memory = "--memory-gib"};
  app.add_option(
         "images", job.inputs,
         "JPEG or PNG files, folders of them, or - for a list on standard input, one per line")
      ->type_name("FILE|DIR|-");
  app.add_flag("--recursive", job.recursive, "Take the images below the folders, too");
  app.add_option("--checkpoint", job.checkpoint, "A model, as ssdtrain saves it, or a run's folder")
      ->type_name("FILE")
      ->required();
  CLI::Option* pictures = app.add_option("-o,--output", job.folders.pictures,
                                         "Folder for pictures with boxes, names and scores")
                              ->type_name("DIR");
  add_file_options(app, job, pictures);
  add_result_options(app, job);
  add_rule_options(app, job);
  app.add_option("--batch", job.batch, "Images at a time [8, or 1 with --watch and --json-lines]")
      ->check(CLI::Range(1, 4096))
      ->type_name("N");
  tools::add_exif_option(app, job.exif, "as the model was trained");
  app.add_option("--memory-gib", job.use.memory_gib,
                 "Memory for one batch at most; default: what the device has")
      ->check(tools::number_between(0.001, 1e6))
      ->type_name("X");
  app.add_option("--device", job.use.device, "The CPU or a GPU; default: a GPU where there is one")
      ->type_name(tools::device_values());
  app.add_option("--threads", job.use.threads, "Threads, 0 for one per core")
      ->check(CLI::Range(0, 1024))
      ->type_name("N");
  return tools::run_program(argc, argv, app, std::function<int()>([&] {
                              return detect_images(job, STDIN_FILENO, std::cout, std::cerr);
                            }));
}
