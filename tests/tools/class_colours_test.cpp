// One class has one colour in the pictures of every program.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "data/image/colour.h"
#include "data/image/image_file.h"
#include "data/image/jpeg.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"
#include "tests/support/picture.h"
#include "tests/support/tools/training_run.h"

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

const std::vector<std::string> kNames{"zebra", "клетка", "ant"};

// How many pixels are nearly of this colour; JPEG moves them by a few levels.
int pixels_of(data::Colour c, const data::Picture& image) {
  int count = 0;
  for (size_t i = 0; i + 2 < image.rgb.size(); i += 3) {
    const uint8_t* p = &image.rgb[i];
    count += std::abs(p[0] - c.red) + std::abs(p[1] - c.green) + std::abs(p[2] - c.blue) < 60;
  }
  return count;
}

// The class whose colour fills most of the picture; everything else in it is grey.
std::string class_shown(const fs::path& picture) {
  const data::ClassColours colours(kNames);
  const data::Picture image = tests::read_image(picture);
  const auto shown = [&](const std::string& name) { return pixels_of(colours.of(name), image); };
  const auto best = std::max_element(
      kNames.begin(), kNames.end(),
      [&](const std::string& a, const std::string& b) { return shown(a) < shown(b); });
  INFO(picture);
  CHECK(shown(*best) > 50);
  return *best;
}

// Four grey images with one object of the class each; `order` is the order of the categories.
void write_set(const tests::TrainingPlace& place, const std::string& file, const std::string& name,
               std::vector<std::string> order) {
  json set{{"images", json::array()}, {"annotations", json::array()}};
  int category = 0;
  for (const std::string& each : order) {
    set["categories"].push_back({{"id", set["categories"].size() + 1}, {"name", each}});
    if (each == name) category = static_cast<int>(set["categories"].size());
  }
  fs::create_directories(place.at("grey"));
  data::Picture image{.width = 96, .height = 96};
  image.rgb.assign(96 * 96 * 3, 128);
  const std::vector<uint8_t> jpeg = data::encode_jpeg(image, 95);
  for (int id = 1; id <= 4; ++id) {
    const std::string image_name = std::to_string(id) + ".jpg";
    std::ofstream(place.at("grey/" + image_name), std::ios::binary)
        .write(reinterpret_cast<const char*>(jpeg.data()), std::ssize(jpeg));
    set["images"].push_back({{"id", id}, {"width", 96}, {"height", 96}, {"file_name", image_name}});
    set["annotations"].push_back({{"id", id},
                                  {"image_id", id},
                                  {"category_id", category},
                                  {"bbox", {20, 30, 50, 40}},
                                  {"area", 2000},
                                  {"iscrowd", 0}});
  }
  std::ofstream(place.at(file)) << set.dump();
}

void run_in(const tests::TrainingPlace& place, const std::string& program,
            const std::string& arguments) {
  const auto ran = tests::run("cd " + place.at("") + " && " + tests::program(program).string() +
                              " " + arguments);
  INFO(program << " " << arguments << "\n" << ran.err);
  REQUIRE(ran.exit_code == 0);
}

}  // namespace

TEST_CASE("a class has the same colour in the pictures of every program") {
  const tests::TrainingPlace place(4, 2);
  for (const std::string& name : kNames) {
    INFO(name);
    const std::string folder = "of_" + std::to_string(name.size());
    write_set(place, "one.json", name, kNames);
    write_set(place, "turned.json", name, {kNames.rbegin(), kNames.rend()});
    run_in(place, "ssddata", "show --annotations one.json --images grey -o " + folder + "/one");
    run_in(place, "ssddata",
           "show --annotations turned.json --images grey -o " + folder + "/turned");
    CHECK(class_shown(place.at(folder + "/one/000000000001.jpg")) == name);
    CHECK(class_shown(place.at(folder + "/turned/000000000001.jpg")) == name);

    run_in(place, "ssdtrain",
           "--config tiny.json train.steps=1 data.augment.crop.kind=none --output-dir " + folder +
               "/run data.train.annotations=turned.json data.train.images=grey"
               " data.val.annotations=one.json data.val.images=grey");
    CHECK(class_shown(place.at(folder + "/run/samples/00.jpg")) == name);

    run_in(place, "ssddetect",
           "--checkpoint " + folder + "/run/last.safetensors grey/1.jpg --score-threshold 0 " +
               "--max 1 -o " + folder + "/found --json " + folder + "/found.json");
    const json found = json::parse(tests::text_of(place.at(folder + "/found.json")));
    REQUIRE(found.size() == 1);
    const auto category = found[0]["category"].get<std::string>();
    CHECK(class_shown(place.at(folder + "/found/1.jpg")) == category);
  }
}
