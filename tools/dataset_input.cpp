#include "tools/dataset_input.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "data/check/box_units.h"
#include "data/check/image_lookup.h"
#include "data/formats/source_values.h"
#include "data/likely_name.h"
#include "engine/base/error.h"
#include "engine/base/permitted.h"
#include "engine/base/tell.h"
#include "engine/base/text.h"
#include "tools/command_line.h"

namespace tools {
namespace {

// Labels of a picture with another size lie beside the objects. Where the pixels are read as
// stored, --exif may be wrong for all of them.
void tell_other_sizes(const data::FileLookup& files) {
  const int64_t count = files.problems.count(data::ProblemKind::size_mismatch);
  if (count == 0) return;
  const auto& kept = files.problems.kept();  // the first ones of each kind
  const auto first = std::find_if(kept.begin(), kept.end(), [](const data::Problem& problem) {
    return problem.kind == data::ProblemKind::size_mismatch;
  });
  const std::string words = base::printable(first->where + ": " + first->text);
  if (files.frames.policy == data::ExifPolicy::stored)
    base::fail(base::ExitCode::data, "--exif stored does not fit ", words);
  base::tell(base::concatenate(
      "note: ", count, " of ", files.images,
      " pictures have another size than their annotations say; the first: ", words));
}

}  // namespace

void add_exif_option(CLI::App& app, std::optional<data::ExifPolicy>& exif,
                     const std::string& standard) {
  takes_one_of(
      app.add_option_function<std::string>(
          "--exif",
          [&exif](const std::string& word) {
            exif = word == "stored" ? data::ExifPolicy::stored : data::ExifPolicy::upright;
          },
          "upright: pictures and boxes as EXIF turns them; stored: as the pixels are stored [" +
              standard + "]"),
      {"upright", "stored"});
}

void tell_same_names(const data::Dataset& dataset) {
  if (const std::string words = data::same_name_in_words(dataset); !words.empty())
    base::tell("note: " + words);
}

void DatasetInput::add_options(CLI::App& app) {
  for (const data::Format& f : data::formats()) {
    std::string name = std::string("--") + f.key, meaning = f.meaning;
    if (f.key == std::string("tfrecords")) {
      name += ",--records";  // shorter to type
      // A shell would turn an unquoted glob into several words, of which the option takes one.
      meaning = "TFRecord shards: one path or one glob in quotes, as 'shards/train.record-*'";
    }
    std::visit(
        [&](auto field) {
          app.add_option(name, source.*field, meaning)->expected(1)->type_name("PATH");
        },
        f.field);
  }
  app.add_option("--images", source.images, "image folder [the usual one of the format]")
      ->type_name("DIR");
  app.add_option("--names", source.names, "file of class names of VOC and YOLO, one per line")
      ->type_name("FILE");
  app.add_option("--split", source.split, "images of a data.yaml or of VOC's ImageSets/Main")
      ->each([this](const std::string&) { split_given = true; })
      ->capture_default_str()
      ->type_name("NAME");
  app.add_option("--label-map", source.label_map,
                 "label map of the TFRecord shards; coco: COCO's 80 classes [the file beside them]")
      ->type_name("coco|FILE");
  add_exif_option(app, exif, "upright, or as the model was trained");
  // Not bound to the optional itself, because CLI11 would set it to false if no option is given.
  app.add_flag_function(
      "--follow-links,!--no-follow-links", [this](int64_t given) { follow_links = given > 0; },
      "read images through links that lead out of their folder [yes]");
  app.add_flag("--keep-grouping-class", source.keep_grouping_class,
               "take a category that only groups the others as a class, too");
}

data::Source DatasetInput::with_policy(data::ImagePolicy standard) const {
  data::refuse_unread_values(
      source, {.split = split_given, .keep_grouping_class = source.keep_grouping_class});
  data::Source input = source;
  input.policy = {.exif = exif.value_or(standard.exif),
                  .follow_links = follow_links.value_or(standard.follow_links)};
  return input;
}

data::Dataset DatasetInput::load(data::Problems* problems) const {
  data::Dataset dataset = data::open(with_policy(), "--", problems);
  if (!problems && dataset.images.empty())
    base::fail(base::ExitCode::data, base::printable(name()), ": the data set has no images");
  dataset.frame_known |= exif.has_value();
  for (const std::string& note : dataset.notes) base::tell("note: " + note);
  if (!problems)  // a check lists it among them
    if (const std::string units = data::count_box_units(dataset).in_words(); !units.empty())
      base::tell("warning: " + name() + ": " + units);
  return dataset;
}

data::Dataset DatasetInput::load_with_images() const {
  data::Dataset dataset = load();
  const data::FileLookup files = data::look_up_images(dataset, 0);
  tell_other_sizes(files);
  if (files.frames.oriented > 0) base::tell(files.frames.in_words());
  return dataset;
}

void DatasetInput::require_images(const data::Dataset& dataset, const std::string& task) const {
  if (source.annotations.empty() || !source.images.empty() || dataset.images.empty()) return;
  const std::string& first = dataset.images[0].file_name;
  const std::filesystem::path path = std::filesystem::path(dataset.image_folder) / first;
  base::require_permitted(path);
  std::error_code unknown;
  if (std::filesystem::exists(path, unknown)) return;
  base::fail(
      base::ExitCode::usage, task, " needs the images: give their folder with --images (",
      base::printable_name(first), " is not in ",
      dataset.image_folder == "." ? "the current folder" : base::printable(dataset.image_folder),
      ")");
}

}  // namespace tools
