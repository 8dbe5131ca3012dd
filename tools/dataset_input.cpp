#include "tools/dataset_input.h"

#include <algorithm>
#include <filesystem>

#include "data/check/image_lookup.h"
#include "data/check/label_remarks.h"
#include "data/formats/source_values.h"
#include "data/likely_name.h"
#include "data/similar_file.h"
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

// How many entries of each kind were left out of a COCO file. Throws Error(data) if no box remains.
void tell_left_out(const std::string& path, const data::Dataset& dataset,
                   const data::Problems& faults) {
  const int64_t left_out = faults.count(data::Severity::error);
  const auto& kept = faults.kept();
  for (auto first = kept.begin(); first != kept.end(); ++first) {
    const data::ProblemRule& rule = data::rule_of(first->kind);
    const auto alike = [&](const data::Problem& earlier) { return earlier.kind == first->kind; };
    if (rule.severity != data::Severity::error || std::any_of(kept.begin(), first, alike)) continue;
    base::tell(base::concatenate("note: ", base::printable(path), ": ", faults.count(first->kind),
                                 " left out as ", rule.name, " (", rule.meaning, "), the first: ",
                                 base::printable(first->where + ": " + first->text)));
  }
  if (left_out > 0 && dataset.objects.empty())
    base::fail(base::ExitCode::data, base::printable(path),
               ": no box remains without the entries that cannot be used; look at what is wrong "
               "with them, which `ssddata check` lists");
}

}  // namespace

void add_exif_option(Options& opts, std::optional<data::ExifPolicy>& exif,
                     const std::string& standard) {
  opts.add(
          "--exif",
          [&exif](const std::string& word) {
            exif = word == "stored" ? data::ExifPolicy::stored : data::ExifPolicy::upright;
          },
          "upright: pictures and boxes as EXIF turns them; stored: as the pixels are stored [" +
              standard + "]")
      .one_of({"upright", "stored"});
}

void tell_same_names(const data::Dataset& dataset) {
  if (const std::string words = data::same_name_in_words(dataset); !words.empty())
    base::tell("note: " + words);
}

void DatasetInput::add_options(Options& opts) {
  for (const data::Format& f : data::formats()) {
    std::string name = std::string("--") + f.key, meaning = f.meaning;
    if (f.key == std::string("tfrecords")) {
      name += ",--records";  // shorter to type
      // A shell would turn an unquoted glob into several words, of which the option takes one.
      meaning =
          "TFRecord shards: a path or a glob in quotes, as 'shards/train.record-*'; may be "
          "repeated";
    }
    name += " PATH";
    if (const auto text = std::get_if<std::string data::Source::*>(&f.field))
      opts.add(name, source.**text, meaning).once();
    else
      opts.add(name, source.*std::get<1>(f.field), meaning).one_word_each();
  }
  opts.add("--images DIR", source.images, "image folder [the usual one of the format]");
  opts.add("--names FILE", source.names, "file of class names of VOC and YOLO, one per line");
  opts.add("--split NAME", source.split, "images of a data.yaml or of VOC's ImageSets/Main")
      .tells(split_given)
      .show_default();
  opts.add("--label-map coco|FILE", source.label_map,
           "label map of the TFRecord shards; coco: COCO's 80 classes [the file beside them]");
  add_exif_option(opts, exif, "upright, or as the model was trained");
  opts.add("--follow-links,!--no-follow-links", follow_links,
           "read images through links that lead out of their folder [yes]");
  opts.add("--keep-grouping-class", source.keep_grouping_class,
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
  data::Problems faults(1);
  data::Dataset dataset = data::open(with_policy(), "--", leave_out_faulty ? &faults : problems);
  if (leave_out_faulty) tell_left_out(name(), dataset, faults);
  if (!problems && dataset.images.empty())
    base::fail(base::ExitCode::data, base::printable(name()), ": the data set has no images");
  dataset.frame_known |= exif.has_value();
  for (const std::string& note : dataset.notes) base::tell(data::note_line(note));
  if (!problems)  // a check lists it among them
    for (const std::string& remark : data::label_remarks(name(), dataset)) base::tell(remark);
  return dataset;
}

std::string unseen_in_words(const data::FileLookup& files, const std::string& consequence) {
  if (files.images == 0 || files.problems.count(data::ProblemKind::missing_file) != files.images)
    return {};
  return "note: the images were not found, so it is not known whether EXIF turns them: if it does, "
         "boxes made for the stored pixels " +
         consequence + "; give --images";
}

data::Dataset DatasetInput::load_with_images() const {
  data::FileLookup files;
  return load_with_images(files);
}

data::Dataset DatasetInput::load_with_images(data::FileLookup& files) const {
  data::Dataset dataset = load();
  files = data::look_up_images(dataset, 0);
  tell_other_sizes(files);
  if (files.frames.oriented > 0) base::tell(files.frames.in_words());
  for (const std::string& line : files.odd.in_words()) base::tell(line);
  return dataset;
}

void DatasetInput::require_images(const data::Dataset& dataset, const std::string& task) const {
  const data::Format* format = data::format_of(source);
  if (!format || !format->needs_images || !source.images.empty() || dataset.images.empty()) return;
  const std::string& first = dataset.images[0].file_name;
  const std::filesystem::path path = std::filesystem::path(dataset.image_folder) / first;
  base::require_permitted(path);
  std::error_code unknown;
  if (std::filesystem::exists(path, unknown)) return;
  base::fail(
      base::ExitCode::usage, task, " needs the images: give their folder with --images (",
      base::printable_name(first), " is not in ",
      dataset.image_folder == "." ? "the current folder" : base::printable(dataset.image_folder),
      data::SimilarFiles().in_words(dataset.image_folder, first), ")");
}

}  // namespace tools
