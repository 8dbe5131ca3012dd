// ssddata synth: draws a synthetic data set in COCO form.
#include <fmt/format.h>

#include <memory>

#include "data/synthetic/synthetic.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/output_guard.h"
#include "engine/base/tell.h"
#include "engine/base/text.h"
#include "tools/data/commands.h"

namespace tools {
namespace {

void check_order(const data::SceneOptions& scene) {
  if (scene.min_objects > scene.max_objects)
    base::fail(base::ExitCode::usage, "--min-objects ", scene.min_objects,
               " is above --max-objects ", scene.max_objects,
               "; give another number for one of them");
  if (scene.min_size > scene.max_size)
    base::fail(base::ExitCode::usage, "--min-size ", scene.min_size, " is above --max-size ",
               scene.max_size, "; give another number for one of them");
}

void tell_crowded(int64_t images, int min_objects) {
  if (images > 0)
    base::tell(fmt::format("note: {} without room for --min-objects {}: lower it or --min-size",
                           base::counted(images, "image"), min_objects));
}

}  // namespace

Command add_synth_command(Program& program) {
  struct Arguments {
    std::string folder;
    data::SyntheticOptions set;
  };
  Options opts = program.add_command("synth", "Draw a small data set of geometric shapes");
  auto a = std::make_shared<Arguments>();
  data::SceneOptions& scene = a->set.scene;
  opts.add("folder", a->folder, "folder to create, with images/ and annotations/").required();
  using Scene = data::SceneOptions;
  const auto whole = [&opts](const char* name, int& value, const base::Interval& range,
                             const char* meaning) {
    opts.add(name, value, meaning).whole_within(range).show_default();
  };
  const auto share = [&opts](const char* name, double& value, const char* meaning) {
    opts.add(name, value, meaning).within(Scene::kSize).show_default();
  };
  const base::Interval images = base::between(0, data::kMostDrawn);
  whole("--train N", a->set.train_images, images, "number of training images");
  whole("--val N", a->set.val_images, images, "number of validation images");
  whole("--width N", scene.width, Scene::kSide, "width of every image in pixels");
  whole("--height N", scene.height, Scene::kSide, "height of every image in pixels");
  whole("--classes N", scene.classes, Scene::kClasses,
        "how many of circle, square, triangle, star, cross, ring");
  whole("--min-objects N", scene.min_objects, Scene::kObjects, "least number of objects per image");
  whole("--max-objects N", scene.max_objects, Scene::kObjects,
        "largest number of objects per image");
  share("--min-size X", scene.min_size, "least diameter, as a part of the image's shorter side");
  share("--max-size X", scene.max_size, "largest diameter, as a part of the image's shorter side");
  opts.add("--seed N", scene.seed, "equal seeds give equal files").seed_range().show_default();
  whole("--quality N", a->set.jpeg_quality, base::between(1, 100), "quality of the JPEG files");
  return {opts, [a] {
            base::refuse_misread_name("folder", a->folder);
            check_order(a->set.scene);
            data::SyntheticCounts counts = data::write_synthetic(a->folder, a->set);
            fmt::print("{}: {} with {}, {} with {}\n", base::printable(a->folder),
                       base::counted(a->set.train_images, "training image"),
                       base::counted(counts.train_objects, "object"),
                       base::counted(a->set.val_images, "validation image"), counts.val_objects);
            tell_crowded(counts.crowded, a->set.scene.min_objects);
            return 0;
          }};
}

}  // namespace tools
