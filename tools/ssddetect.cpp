// ssddetect: what a model sees in images.
#include <iostream>

#include "tools/command_line.h"
#include "tools/dataset_input.h"
#include "tools/detect_images.h"

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
        "a list of files, and only these classes"}});
  tools::DetectJob job;
  app.add_option(
         "images", job.inputs,
         "JPEG or PNG files, folders of them, or - for a list on standard input, one per line")
      ->type_name("FILE|DIR|-");
  app.add_flag("--recursive", job.recursive, "Take the images below the folders, too");
  app.add_option("--checkpoint", job.checkpoint, "A model, as ssdtrain saves it")
      ->type_name("FILE")
      ->required();
  app.add_option("-o,--output", job.pictures, "Folder for pictures with boxes, names and scores")
      ->type_name("DIR");
  app.add_option("--json", job.json, "Results into this file instead of standard output")
      ->type_name("FILE");
  app.add_flag("--overwrite", job.overwrite, "Replace files that exist, but never an input");
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
  app.add_flag("--agnostic", job.agnostic, "--iou also between boxes of different classes");
  app.add_option("--max", job.most, "Boxes per image at most; default: the model's eval.max_total")
      ->check(CLI::Range(1, 10000))
      ->type_name("N");
  app.add_option("--batch", job.batch, "Images at a time")
      ->check(CLI::Range(1, 4096))
      ->capture_default_str();
  tools::add_exif_option(app, job.exif, "as the model was trained");
  app.add_option("--device", job.use.device, "cpu, cuda, cuda:1; default: cuda where there is one")
      ->type_name("NAME");
  app.add_option("--threads", job.use.threads, "Threads, 0 for one per core")
      ->check(CLI::Range(0, 1024))
      ->type_name("N");
  return tools::run_program(argc, argv, app, std::function<int()>([&] {
                              return detect_images(job, std::cin, std::cout, std::cerr);
                            }));
}
