// ssddata synth: draws a synthetic data set in COCO form.
#include <fmt/format.h>

#include <memory>

#include "data/synthetic/synthetic.h"
#include "engine/base/counted.h"
#include "engine/base/output_guard.h"
#include "engine/base/text.h"
#include "tools/data/commands.h"

namespace tools {

Command add_synth_command(Program& program) {
  struct Arguments {
    std::string folder;
    data::SyntheticOptions set;
  };
  Options opts = program.add_command("synth", "Draw a small data set of geometric shapes");
  auto a = std::make_shared<Arguments>();
  data::SceneOptions& scene = a->set.scene;
  opts.add("folder", a->folder, "folder to create, with images/ and annotations/").required();
  opts.add("--train", a->set.train_images, "number of training images").show_default();
  opts.add("--val", a->set.val_images, "number of validation images").show_default();
  opts.add("--width", scene.width, "width of every image in pixels").show_default();
  opts.add("--height", scene.height, "height of every image in pixels").show_default();
  opts.add("--classes", scene.classes, "how many of circle, square, triangle, star, cross, ring")
      .show_default();
  opts.add("--min-objects", scene.min_objects, "least number of objects per image").show_default();
  opts.add("--max-objects", scene.max_objects, "largest number of objects per image")
      .show_default();
  opts.add("--min-size", scene.min_size, "least diameter, as a part of the image's shorter side")
      .show_default();
  opts.add("--max-size", scene.max_size, "largest diameter, as a part of the image's shorter side")
      .show_default();
  opts.add("--seed N", scene.seed, "equal seeds give equal files").seed_range().show_default();
  opts.add("--quality", a->set.jpeg_quality, "quality of the JPEG files, 1 to 100").show_default();
  return {opts, [a] {
            base::refuse_dash("folder", a->folder);
            data::SyntheticCounts counts = data::write_synthetic(a->folder, a->set);
            fmt::print("{}: {} with {}, {} with {}\n", base::printable(a->folder),
                       base::counted(a->set.train_images, "training image"),
                       base::counted(counts.train_objects, "object"),
                       base::counted(a->set.val_images, "validation image"), counts.val_objects);
            return 0;
          }};
}

}  // namespace tools
