// ssddata split: splits a data set into training and validation, as two COCO files.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <memory>

#include "data/formats/coco.h"
#include "data/formats/coco_split.h"
#include "data/formats/source_files.h"
#include "data/formats/writable_names.h"
#include "data/split.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/file_kind.h"
#include "engine/base/output_guard.h"
#include "engine/base/tell.h"
#include "engine/base/text.h"
#include "engine/base/write_file.h"
#include "tools/data/commands.h"
#include "tools/dataset_input.h"

namespace tools {
namespace {

struct SplitArguments {
  DatasetInput input;
  data::SplitOptions options;
  std::string by = "image", training, validation;
  bool overwrite = false;
};

// The images of one part, with their objects.
data::Dataset part_of(const data::Dataset& dataset, const std::vector<bool>& in_validation,
                      bool validation) {
  data::Dataset part;
  part.categories = dataset.categories;
  for (size_t i = 0; i < dataset.images.size(); ++i) {
    if (in_validation[i] != validation) continue;
    data::ImageEntry image = dataset.images[i];
    const auto objects = dataset.objects_of(image);
    image.first_object = static_cast<uint32_t>(part.objects.size());
    part.objects.insert(part.objects.end(), objects.begin(), objects.end());
    part.images.push_back(std::move(image));
  }
  return part;
}

void write_parts(const SplitArguments& a, const data::Dataset& dataset, const data::Split& split) {
  for (const std::string& path : {a.training, a.validation})
    base::create_folders(std::filesystem::path(path).parent_path());
  if (!a.input.source.annotations.empty())
    return data::split_coco(a.input.source.annotations, split.in_validation, a.training,
                            a.validation);
  const auto writer = [&](const std::string& path, bool validation) {
    return base::FileToWrite{path, [&, path, validation](std::ostream& out) {
                               data::write_coco(
                                   out, part_of(dataset, split.in_validation, validation), path);
                             }};
  };
  base::write_together({writer(a.training, false), writer(a.validation, true)});
}

std::string table(const SplitArguments& a, const data::Dataset& dataset, const data::Split& split) {
  std::string text;
  auto row = [&](const std::string& name, int64_t training, int64_t validation) {
    const double all = double(std::max<int64_t>(training + validation, 1));
    fmt::format_to(std::back_inserter(text), "{:<26} {:>9} {:>11} {:>6.1f}%\n", name, training,
                   validation, 100 * double(validation) / all);
  };
  text += fmt::format("{:<26} {:>9} {:>11} {:>7}\n", "images", "training", "validation", "share");
  row("all", split.training, split.validation);
  for (size_t c = 0; c < split.classes.size(); ++c)
    row("  " + base::printable(dataset.categories[c].name), split.classes[c].training,
        split.classes[c].validation);
  return text + fmt::format("training: {}\nvalidation: {}\n", base::printable(a.training),
                            base::printable(a.validation));
}

// Why a class is in one part only.
std::string why_in_one_part(const data::Split& split, const data::ClassShare& share) {
  const int64_t images = share.training + share.validation;
  if (images == 0) return "in no image";
  const bool learned = share.training > 0;
  const char* const end = learned ? "in training only, so it is not measured"
                                  : "in validation only, so it is not learned";
  if (images == 1) return "in 1 image, too few for both parts: it is " + std::string(end);
  return fmt::format("in {}, {}: {} has only {}", base::counted(images, "image"), end,
                     learned ? "validation" : "training",
                     base::counted(int64_t(learned ? split.validation : split.training), "image"));
}

// Warns of classes that only one part has, because these cannot be both learned and measured.
void warn_of_classes(const data::Dataset& dataset, const data::Split& split) {
  for (size_t c = 0; c < split.classes.size(); ++c) {
    const data::ClassShare& share = split.classes[c];
    if (share.training > 0 && share.validation > 0) continue;
    base::tell(fmt::format("note: class \"{}\" is {}", dataset.categories[c].name,
                           why_in_one_part(split, share)));
  }
}

int split(SplitArguments a) {
  a.options.by_folder = a.by == "folder";
  if (const double part = a.options.fraction; !(part > 0 && part < 1))
    base::fail(base::ExitCode::usage, "--fraction: expected a number above 0 and below 1, found ",
               part,
               part > 1 && part < 100 ? fmt::format("; {:g} % is {:g}", part, part / 100) : "");
  const data::Dataset dataset = a.input.load();
  tell_same_names(dataset);
  data::require_writable_names(dataset, data::NameFormat::coco, "--to-train");
  base::OutputGuard guard(a.overwrite);
  guard.add("--to-train", a.training);
  guard.add("--to-val", a.validation);
  const base::OutputLocks locks = guard.take(data::files_of(a.input.source, dataset));
  const data::Split parts = data::split_images(dataset, a.options);
  write_parts(a, dataset, parts);
  warn_of_classes(dataset, parts);
  // If a part itself goes to standard output, nothing else may.
  const bool taken = base::is_standard_output(a.training) || base::is_standard_output(a.validation);
  fmt::print(taken ? stderr : stdout, "{}", table(a, dataset, parts));
  return 0;
}

}  // namespace

Command add_split_command(Program& program) {
  Options opts = program.add_command(
      "split", "Split into training and validation, each with its share of every class");
  auto a = std::make_shared<SplitArguments>();
  a->input.add_options(opts);
  opts.add("--to-train FILE", a->training, "write this COCO file for training").required();
  opts.add("--to-val FILE", a->validation, "write this COCO file for validation").required();
  const Option fraction =
      opts.add("--fraction", a->options.fraction,
               "share of the images that is for validation, above 0 and below 1")
          .show_default();
  opts.add("--count N", a->options.count, "number of images for validation")
      .between(int64_t{1}, int64_t{UINT32_MAX})
      .excludes(fraction);
  opts.add("--by", a->by, "image, or folder: images of one folder stay together")
      .show_default()
      .one_of({"image", "folder"});
  opts.add("--seed N", a->options.seed, "equal seeds give equal files").seed_range().show_default();
  opts.add("--overwrite", a->overwrite, "replace files that exist, but never an input");
  return {opts, [a] { return split(*a); }};
}

}  // namespace tools
