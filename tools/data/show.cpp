// ssddata show: draws the labels into images, or into augmented images, and makes a contact sheet.
#include <fmt/format.h>

#include <algorithm>
#include <climits>
#include <filesystem>
#include <memory>
#include <set>

#include "data/check/image_lookup.h"
#include "data/encoded_image.h"
#include "data/formats/source_files.h"
#include "data/image/draw.h"
#include "data/image/image_file.h"
#include "data/image/shrink.h"
#include "data/loading/loader.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/output_guard.h"
#include "engine/base/random.h"
#include "engine/base/tell.h"
#include "engine/base/text.h"
#include "engine/base/write_file.h"
#include "tools/config/text.h"
#include "tools/data/commands.h"
#include "tools/dataset_input.h"
#include "tools/ground_truth.h"
#include "tools/run/run_options.h"
#include "tools/run/training_samples.h"

namespace tools {
namespace {

struct ShowArguments {
  DatasetInput input;
  std::string output, config;  // config is that of a run whose augmented images are shown
  std::vector<std::string> overrides;
  int count = 16, columns = 4, cell = 320;
  std::vector<int64_t> ids;
  uint64_t seed = 0;
  bool random = false, overwrite = false;
};

// The images to show: those with the given ids, a random sample, or the first ones.
std::vector<size_t> choose(const data::Dataset& set, const ShowArguments& a) {
  std::vector<size_t> chosen;
  for (int64_t id : a.ids) {
    auto found = std::find_if(set.images.begin(), set.images.end(),
                              [id](const data::ImageEntry& entry) { return entry.id == id; });
    if (found == set.images.end())
      base::fail(base::ExitCode::data, a.input.name(), ": no image with id ", id);
    const auto index = size_t(found - set.images.begin());
    if (std::find(chosen.begin(), chosen.end(), index) == chosen.end()) chosen.push_back(index);
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

// Draws the labels of an image into its picture, which may have another size.
void draw_labels(const data::Dataset& set, const data::ImageEntry& entry,
                 const data::ClassColours& colours, data::Picture& image) {
  data::draw_boxes(image, label_boxes(set, entry, colours, image));
}

constexpr const char* kSheet = "contact_sheet.jpg";

// The guard of the pictures `names` in the output folder. `sources` says from what each is made.
base::OutputGuard guard_of(const ShowArguments& a, const std::vector<std::string>& names,
                           const std::vector<std::string>& sources) {
  base::OutputGuard guard(a.overwrite);
  for (size_t i = 0; i < names.size(); ++i) guard.add("-o", a.output, names[i], sources[i]);
  guard.add("-o", a.output, kSheet, "the contact sheet");
  return guard;
}

// Pictures with boxes among the photos would be taken for photos by whatever reads the folder next.
void refuse_image_folder(const ShowArguments& a, const data::Dataset& set) {
  std::set<std::filesystem::path> folders;
  for (const data::ImageEntry& image : set.images)
    if (image.shard < 0)
      folders.insert((std::filesystem::path(set.image_folder.empty() ? "." : set.image_folder) /
                      image.file_name)
                         .parent_path());
  std::error_code unknown;
  for (const std::filesystem::path& folder : folders)
    if (std::filesystem::equivalent(folder, a.output, unknown))
      base::fail(base::ExitCode::usage, "-o: ", base::printable(a.output),
                 " is the folder of the images, and the pictures would be taken for images; choose "
                 "another folder");
}

// Shows the first images of a training run as the network will see them.
int show_augmented(const ShowArguments& a) {
  config::RunConfig config = config::load_run_config(a.config, a.overrides, config::ConfigUse::any);
  if (!config.data.train.given())
    base::fail(base::ExitCode::usage, a.config, ": give one of ", data::format_keys("data.train."));
  data::Dataset set = run::load_dataset(config.data.train, config.data.label_map);
  refuse_image_folder(a, set);
  const data::FileLookup files = data::look_up_images(set, 0);
  if (files.frames.oriented > 0) base::tell(files.frames.in_words());
  for (const std::string& line : files.odd.in_words()) base::tell(line);
  const run::ClassList classes(set, config.model.class_columns, config.model.options.classes);
  config.train.batch_size = std::min(a.count, int(std::min<size_t>(set.images.size(), INT_MAX)));
  std::vector<std::string> names;
  for (int row = 0; row < config.train.batch_size; ++row)
    names.push_back(fmt::format("{:03d}.jpg", row));
  std::vector<std::string> inputs = data::files_of(config.data.train, set);
  for (const std::string& file : config::ConfigText::from_file(a.config).files())
    inputs.push_back(file);
  inputs.push_back(config.data.label_map);
  const base::OutputLocks locks = guard_of(a, names, names).take(inputs);
  data::Loader loader(set, run::training_loader(config, set, classes));
  const data::Batch* batch = loader.next();
  base::create_folders(a.output);
  std::vector<data::Picture> pictures =
      run::sample_pictures(*batch, run::channel_scaling(config.data),
                           {config.model.options.height, config.model.options.width}, classes);
  for (size_t row = 0; row < pictures.size(); ++row) {
    data::write_image(a.output + "/" + names[row], pictures[row]);
    pictures[row] = data::shrink_to_fit(pictures[row], a.cell, a.cell);
  }
  data::write_image(a.output + "/" + kSheet, data::contact_sheet(pictures, a.columns, a.cell));
  fmt::print("{}: {} and {}\n", base::printable(a.output),
             base::counted(int64_t(pictures.size()), "augmented picture"), kSheet);
  return 0;
}

std::string picture_name(const data::ImageEntry& image) {
  return fmt::format("{:012}.jpg", image.id);
}

base::OutputLocks check_output(const ShowArguments& a, const data::Dataset& set,
                               const std::vector<size_t>& chosen) {
  std::vector<std::string> names, sources;
  for (const size_t index : chosen) {
    names.push_back(picture_name(set.images[index]));
    sources.push_back(data::image_location(set, set.images[index]));
  }
  return guard_of(a, names, sources).take(data::files_of(a.input.source, set));
}

int show(const ShowArguments& a) {
  if (!a.config.empty()) return show_augmented(a);
  data::Dataset set = a.input.load_with_images();
  tell_same_names(set);
  a.input.require_images(set, "show");
  std::vector<size_t> chosen = choose(set, a);
  if (chosen.empty()) base::fail(base::ExitCode::data, a.input.name(), ": no images to show");
  std::filesystem::path folder = a.output;
  refuse_image_folder(a, set);
  const base::OutputLocks locks = check_output(a, set, chosen);
  base::create_folders(folder);
  std::vector<std::string> names;
  for (const data::Category& category : set.categories) names.push_back(category.name);
  const data::ClassColours colours(names);
  std::vector<data::Picture> sheet;
  for (size_t index : chosen) {
    const data::ImageEntry& entry = set.images[index];
    std::string location = data::image_location(set, entry);
    data::Picture image;
    data::decode_image_into(set, entry, location, {}, image);
    // The labels are drawn after shrinking, so that they stay readable.
    sheet.push_back(data::shrink_to_fit(image, a.cell, a.cell));
    draw_labels(set, entry, colours, sheet.back());
    draw_labels(set, entry, colours, image);
    data::write_image(folder / picture_name(entry), image);
  }
  data::write_image(folder / kSheet, data::contact_sheet(sheet, a.columns, a.cell));
  fmt::print("{}: {} and {}\n", base::printable(a.output),
             base::counted(int64_t(chosen.size()), "picture"), kSheet);
  return 0;
}

// A configuration brings its own data and its own order of the images.
void refuse_beside_augmented(const Options& opts) {
  const std::set<std::string> used{"--augmented", "--output", "--overwrite", "--columns",
                                   "--cell",      "--count",  "overrides"};
  for (const std::string& name : opts.names_given())
    if (!used.contains(name))
      base::fail(base::ExitCode::usage, name,
                 " does not go with --augmented, which takes the data of the configuration; words "
                 "such as data.train.annotations=FILE change it");
}

}  // namespace

Command add_show_command(Program& program) {
  Options opts = program.add_command("show", "Draw the labels into images");
  auto a = std::make_shared<ShowArguments>();
  a->input.add_options(opts);
  const Option config =
      opts.add("--augmented CONFIG", a->config,
               "a training configuration instead of a data set: shows its augmented images as "
               "the network sees them");
  opts.add("overrides KEY=VALUE", a->overrides, "configuration values, such as train.seed=3")
      .needs(config);
  opts.add("-o,--output DIR", a->output, "folder for the pictures").required();
  opts.add("--overwrite", a->overwrite, "replace pictures that exist, but never an input");
  const Option count =
      opts.add("--count", a->count, "number of images").between(1, 1000).show_default();
  const Option random =
      opts.add("--random", a->random, "show a random sample instead of the first images");
  opts.add("--id", a->ids, "show the images with these ids").excludes(count).excludes(random);
  opts.add("--seed N", a->seed, "seed of the sample").needs(random).seed_range().show_default();
  opts.add("--columns", a->columns, "columns of the contact sheet").between(1, 50).show_default();
  opts.add("--cell", a->cell, "width and height of its pictures in pixels")
      .between(16, 2000)
      .show_default();
  return {opts, [a, opts] {
            if (!a->config.empty()) refuse_beside_augmented(opts);
            return show(*a);
          }};
}

}  // namespace tools
