// ssddetect: what a model sees in images.
#include <unistd.h>

#include <iostream>

#include "tools/command_line.h"
#include "tools/config/shared_limits.h"
#include "tools/dataset_input.h"
#include "tools/detect/detect_images.h"

namespace {

void add_file_options(tools::Options& opts, tools::DetectJob& job, tools::Option pictures) {
  opts.add("--save-crops DIR", job.folders.crops,
           "Folder for a picture of each box, as CLASS/IMAGE_1.jpg");
  opts.add("--save-txt DIR", job.folders.labels,
           "Folder for YOLO label files with scores, and classes.txt");
  const tools::Option truth =
      opts.add("--ground-truth PATH", job.truth,
               "Labelled data set of any format: -o shows its boxes beside those found")
          .needs(pictures);
  opts.add("--split NAME", job.split, "Images of a data.yaml or of VOC's ImageSets/Main [val]")
      .needs(truth);
}

void add_result_options(tools::Options& opts, tools::DetectJob& job) {
  const tools::Option json =
      opts.add("--json FILE", job.json, "Results into this file instead of standard output");
  const tools::Option overwrite =
      opts.add("--overwrite", job.overwrite, "Replace files that exist, but never an input");
  opts.add("--json-lines", job.json_lines,
           "A line of JSON for each image, as soon as it is done; never replaces a file")
      .excludes(json)
      .excludes(overwrite);
  opts.add("--watch DIR", job.watch,
           "--json-lines for the images that come into this folder, until SIGINT or SIGTERM")
      .excludes(json)
      .excludes(overwrite);
}

// Which boxes are kept.
void add_rule_options(tools::Options& opts, tools::DetectJob& job) {
  opts.add("--score-threshold", job.rules.score_threshold,
           "Boxes with this score or less are left out")
      .within(config::limits::score)
      .show_default();
  opts.add("--classes NAME,NAME,...", job.classes, "Keep boxes of these classes only")
      .one_word_each();
  opts.add("--iou X", job.rules.iou,
           "Boxes that overlap a better one by a larger IoU are left out; default: the "
           "model's eval.iou_threshold")
      .within(config::limits::overlap);
  opts.add("--agnostic", job.rules.agnostic, "Apply --iou to boxes of different classes, too");
  opts.add("--max N", job.rules.most,
           "Boxes per image at most; default: the model's eval.max_total")
      .whole_within(config::limits::boxes);
}

void add_options(tools::Options& opts, tools::DetectJob& job) {
  opts.add("images FILE|DIR|-", job.inputs,
           "JPEG or PNG files, folders of them, or - for a list on standard input, one per line");
  opts.add("--recursive", job.recursive, "Take the images below the folders, too");
  opts.add("--checkpoint FILE", job.checkpoint, "A model, as ssdtrain saves it, or a run's folder")
      .required();
  const tools::Option pictures = opts.add("-o,--output DIR", job.folders.pictures,
                                          "Folder for pictures with boxes, names and scores");
  add_file_options(opts, job, pictures);
  add_result_options(opts, job);
  add_rule_options(opts, job);
  opts.add("--batch N", job.batch, "Images at a time [8, or 1 with --watch and --json-lines]")
      .whole_within(run::limits::detection_batch);
  tools::add_exif_option(opts, job.exif, "as the model was trained");
  opts.add("--memory-gib X", job.use.memory_gib,
           "Memory for one batch at most; default: what the device has")
      .between(0.001, 1e6);
  opts.add("--device " + tools::device_values(), job.use.device,
           "The CPU or a GPU; default: a GPU where there is one");
  opts.add("--threads N", job.use.threads, "Threads, 0 for one per core")
      .whole_within(config::limits::threads);
}

}  // namespace

int main(int argc, char** argv) {
  tools::handle_lack_of_memory();
  tools::Program program(
      "ssddetect", "Finds objects in images with a trained model.",
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
  add_options(program, job);
  return tools::run_program(argc, argv, program, std::function<int()>([&] {
                              return detect_images(job, STDIN_FILENO, std::cout, std::cerr);
                            }));
}
