// ssddata synth: draws a synthetic data set in COCO form.
#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <memory>

#include "data/synthetic/synthetic.h"
#include "engine/base/counted.h"
#include "engine/base/text.h"
#include "tools/data_commands.h"

namespace tools {

Command add_synth_command(CLI::App& program) {
  struct Arguments {
    std::string folder;
    data::SyntheticOptions set;
  };
  CLI::App* app = program.add_subcommand("synth", "Draw a small data set of geometric shapes");
  auto a = std::make_shared<Arguments>();
  data::SceneOptions& scene = a->set.scene;
  app->add_option("folder", a->folder, "folder to create, with images/ and annotations/")
      ->required();
  app->add_option("--train", a->set.train_images, "number of training images")
      ->capture_default_str();
  app->add_option("--val", a->set.val_images, "number of validation images")->capture_default_str();
  app->add_option("--width", scene.width, "width of every image in pixels")->capture_default_str();
  app->add_option("--height", scene.height, "height of every image in pixels")
      ->capture_default_str();
  app->add_option("--classes", scene.classes,
                  "how many of circle, square, triangle, star, cross, ring")
      ->capture_default_str();
  app->add_option("--min-objects", scene.min_objects, "least number of objects per image")
      ->capture_default_str();
  app->add_option("--max-objects", scene.max_objects, "largest number of objects per image")
      ->capture_default_str();
  app->add_option("--min-size", scene.min_size,
                  "least diameter, as a part of the image's shorter side")
      ->capture_default_str();
  app->add_option("--max-size", scene.max_size,
                  "largest diameter, as a part of the image's shorter side")
      ->capture_default_str();
  app->add_option("--seed", scene.seed, "equal seeds give equal files")
      ->check(seed_range())
      ->type_name("N")
      ->capture_default_str();
  app->add_option("--quality", a->set.jpeg_quality, "quality of the JPEG files, 1 to 100")
      ->capture_default_str();
  return {app, [a] {
            data::SyntheticCounts counts = data::write_synthetic(a->folder, a->set);
            fmt::print("{}: {} with {}, {} with {}\n", base::printable(a->folder),
                       base::counted(a->set.train_images, "training image"),
                       base::counted(counts.train_objects, "object"),
                       base::counted(a->set.val_images, "validation image"), counts.val_objects);
            return 0;
          }};
}

}  // namespace tools
