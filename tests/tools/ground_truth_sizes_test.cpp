// ssddetect --ground-truth with pictures of another size than their labels are for.
#include <fmt/format.h>

#include "data/image/jpeg.h"
#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/picture.h"
#include "tests/support/tools/training_run.h"
#include "tools/detect/picture_parts.h"

using Catch::Contains;
using tests::Outcome, tests::TrainingPlace;

TEST_CASE("pictures of another size than the ground truth says are counted, and one is named") {
  const TrainingPlace p(4, 2);
  REQUIRE(p.train("run", "train.steps=1 eval.every_steps=0").exit_code == 0);
  const data::Picture whole = tests::read_image(p.at("data/images/000005.jpg"));
  const data::Picture part = tools::crop(whole, {0, 0, whole.width - 8., double(whole.height)});
  base::create_folders(p.at("cut"));
  base::write_file(p.at("cut/000005.jpg"), data::encode_jpeg(part, 90));
  base::write_file(p.at("cut/000006.jpg"), tests::text_of(p.at("data/images/000006.jpg")));
  const auto detect = [&](const std::string& arguments) {
    return tests::run(
        fmt::format("cd {} && OMP_NUM_THREADS=1 {} --checkpoint run/last.safetensors "
                    "--device cpu --ground-truth data/annotations/instances_val.json "
                    "{}",
                    p.at(""), tests::program("ssddetect").string(), arguments));
  };
  const std::string words = fmt::format(
      "ssddetect: note: 1 of 2 pictures with labels has another size than the ground truth says; "
      "its boxes are drawn in the new size, which is wrong where a picture was cropped; the first: "
      "cut/000005.jpg is {} x {}, its labels are for {} x {}\n",
      part.width, part.height, whole.width, whole.height);
  for (const char* mode : {"", "--json-lines"}) {
    const Outcome o = detect(fmt::format("cut -o out{} {}", mode, mode));
    INFO(o.err);
    CHECK(o.exit_code == 0);
    CHECK_THAT(o.err, Contains(words));
  }
  const Outcome own = detect("data/images/000005.jpg data/images/000006.jpg -o own");
  CHECK(own.exit_code == 0);
  CHECK_THAT(own.err, !Contains("another size"));
}
