// ssddata show: pictures of images, or of what augmentation makes of them, with their labels drawn
// in, and a contact sheet.
#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <filesystem>
#include <memory>

#include "data/encoded_image.h"
#include "data/image/draw.h"
#include "data/image/image_file.h"
#include "data/image/shrink.h"
#include "data/loading/loader.h"
#include "engine/base/error.h"
#include "engine/base/random.h"
#include "tools/data_commands.h"
#include "tools/dataset_input.h"
#include "tools/run/run_options.h"
#include "tools/run/training_samples.h"

namespace tools {
namespace {

struct ShowArguments {
  DatasetInput input;
  std::string output, config;  // of a training run: its augmented images are shown
  std::vector<std::string> overrides;
  int count = 16, columns = 4, cell = 320;
  std::vector<int64_t> ids;
  uint64_t seed = 0;
  bool random = false;
};

// The images asked for: by id, a random sample, or the first ones.
std::vector<size_t> choose(const data::Dataset& set, const ShowArguments& a) {
  std::vector<size_t> chosen;
  for (int64_t id : a.ids) {
    auto found = std::find_if(set.images.begin(), set.images.end(),
                              [id](const data::ImageEntry& entry) { return entry.id == id; });
    if (found == set.images.end())
      base::fail(base::ExitCode::data, a.input.name(), ": no image with id ", id);
    chosen.push_back(size_t(found - set.images.begin()));
  }
  if (!chosen.empty()) return chosen;
  chosen.resize(set.images.size());
  for (size_t i = 0; i < chosen.size(); ++i) chosen[i] = i;
  size_t count = std::min(size_t(a.count), chosen.size());
  base::RandomSequence random(a.seed, 0);
  for (size_t i = 0; i < count && a.random; ++i)
    std::swap(chosen[i], chosen[i + size_t(random.below(int64_t(chosen.size() - i)))]);
  chosen.resize(count);
  return chosen;
}

// The labels of an image, drawn into its picture of perhaps another size.
void draw_labels(const data::Dataset& set, const data::ImageEntry& entry,
                 const data::ClassColours& colours, data::Image& image) {
  constexpr data::Colour kCrowd{170, 170, 170};
  double sx = double(image.width) / entry.width, sy = double(image.height) / entry.height;
  std::vector<data::DrawnBox> boxes;
  for (const data::Object& o : set.objects_of(entry)) {
    const std::string& name = set.categories[size_t(o.category)].name;
    boxes.push_back({{o.x * sx, o.y * sy, o.width * sx, o.height * sy},
                     name,
                     o.crowd ? "(crowd)" : "",
                     o.crowd ? kCrowd : colours.of(name)});
  }
  data::draw_boxes(image, boxes);
}

void create(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) base::fail(base::ExitCode::failed, folder, ": cannot create: ", error.message());
}

// The first images of the training run's stream, as the network is going to see them.
int show_augmented(const ShowArguments& a) {
  config::RunConfig config = config::load_run_config(a.config, a.overrides, config::ConfigUse::any);
  if (!config.data.train.given())
    base::fail(base::ExitCode::usage, a.config, ": give one of ", data::format_keys("data.train."));
  const data::Dataset set = run::load_dataset(config.data.train, config.data.label_map);
  const run::ClassList classes(set, config.model.class_columns, config.model.options.classes);
  config.train.batch_size = std::min(a.count, int(std::min<size_t>(set.images.size(), INT_MAX)));
  data::Loader loader(set, run::training_loader(config, set, classes));
  const data::Batch* batch = loader.next();
  create(a.output);
  std::vector<data::Image> pictures =
      run::sample_pictures(*batch, run::channel_scaling(config.data),
                           {config.model.options.height, config.model.options.width}, classes);
  for (size_t row = 0; row < pictures.size(); ++row) {
    data::write_image(fmt::format("{}/{:03d}.jpg", a.output, row), pictures[row]);
    pictures[row] = data::shrink_to_fit(pictures[row], a.cell, a.cell);
  }
  data::write_image(a.output + "/contact_sheet.jpg",
                    data::contact_sheet(pictures, a.columns, a.cell));
  fmt::print("{}: {} augmented pictures and contact_sheet.jpg\n", a.output, pictures.size());
  return 0;
}

int show(const ShowArguments& a) {
  if (!a.config.empty()) return show_augmented(a);
  data::Dataset set = a.input.load();
  std::vector<size_t> chosen = choose(set, a);
  if (chosen.empty()) base::fail(base::ExitCode::data, a.input.name(), ": no images to show");
  std::filesystem::path folder = a.output;
  create(a.output);
  std::vector<std::string> names;
  for (const data::Category& category : set.categories) names.push_back(category.name);
  const data::ClassColours colours(names);
  std::vector<data::Image> sheet;
  for (size_t index : chosen) {
    const data::ImageEntry& entry = set.images[index];
    std::string location = data::image_location(set, entry);
    data::Image image = data::decode_image(data::read_encoded_image(set, entry), location);
    // Drawn after shrinking, so that the labels stay readable.
    sheet.push_back(data::shrink_to_fit(image, a.cell, a.cell));
    draw_labels(set, entry, colours, sheet.back());
    draw_labels(set, entry, colours, image);
    data::write_image(folder / fmt::format("{:012}.jpg", entry.id), image);
  }
  data::write_image(folder / "contact_sheet.jpg", data::contact_sheet(sheet, a.columns, a.cell));
  fmt::print("{}: {} pictures and contact_sheet.jpg\n", a.output, chosen.size());
  return 0;
}

}  // namespace

DataCommand add_show_command(CLI::App& program) {
  CLI::App* app = program.add_subcommand("show", "Draw the labels into images");
  auto a = std::make_shared<ShowArguments>();
  a->input.add_options(*app);
  CLI::Option* config =
      app->add_option(
             "--augmented", a->config,
             "a training configuration instead of a data set: shows its augmented images as "
             "the network sees them")
          ->type_name("CONFIG");
  app->add_option("overrides", a->overrides, "configuration values, as train.seed=3")
      ->type_name("KEY=VALUE")
      ->needs(config);
  app->add_option("-o,--output", a->output, "folder for the pictures")->required();
  app->add_option("--count", a->count, "number of images")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app->add_option("--id", a->ids, "show the images with these ids");
  app->add_flag("--random", a->random, "show a random sample instead of the first images");
  app->add_option("--seed", a->seed, "seed of the sample")->capture_default_str();
  app->add_option("--columns", a->columns, "columns of the contact sheet")
      ->check(CLI::Range(1, 50))
      ->capture_default_str();
  app->add_option("--cell", a->cell, "width and height of its pictures in pixels")
      ->check(CLI::Range(16, 2000))
      ->capture_default_str();
  return {app, [a] { return show(*a); }};
}

}  // namespace tools
