#include "tools/run/training_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <unordered_set>

#include "data/check/box_units.h"
#include "data/check/image_lookup.h"
#include "data/check/label_remarks.h"
#include "data/check/unlisted_pictures.h"
#include "data/encoded_image.h"
#include "data/likely_name.h"
#include "data/loading/label_use.h"
#include "data/metrics/measurable.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "tools/config/fruitless_keys.h"
#include "tools/config/idle_keys.h"
#include "tools/run/resume_changes.h"
#include "tools/run/run_options.h"

namespace run {
namespace {

namespace fs = std::filesystem;
using base::ExitCode, base::fail;

// Refuses classes that the checkpoint lacks, because their objects would be trained as background.
void refuse_other_classes(const ModelFile& resumed, int wanted, const data::Dataset& train) {
  const ClassList& classes = resumed.classes();
  if (wanted > 0 && wanted != classes.classes())
    fail(ExitCode::checkpoint, resumed.path(), ": a model of ", classes.classes(),
         " classes, expected model.num_classes ", wanted);
  const auto columns = classes.columns_of(train);
  const auto unknown = std::find(columns.begin(), columns.end(), -1);
  if (unknown != columns.end())
    fail(ExitCode::checkpoint, resumed.path(), ": no class ",
         with_likely(train.categories[size_t(unknown - columns.begin())].name, classes),
         ", which the training data has; use --init-from to train other classes");
}

// Names the classes of which no label is trained.
std::string unlearned_in_words(const data::LabelUse& use, const data::Dataset& train) {
  std::vector<std::string> names;
  for (size_t i = 0; i < train.categories.size(); ++i)
    if (use.trained_of_category[i] == 0) names.push_back(quoted(train.categories[i].name));
  if (names.empty()) return {};
  return base::share_in_words(int64_t(names.size()), int64_t(train.categories.size())) +
         " classes have no box to train on, so the detector cannot learn them: " + listed(names);
}

std::string named_by_check(const std::string& path) {
  return "; `ssddata check` names those of " + base::printable(path);
}

// Reports how many labels take no part in training. It is an error if none takes part.
void remark_label_use(const config::RunConfig& config, TrainingData& data) {
  data::GroundTruthOptions options = config.data.sample.ground_truth;
  options.class_columns = data.classes.columns_of(data.train);
  const data::LabelUse use = data::count_labels(data.train, options, config.data.sample.max_boxes);
  const std::string path = config.data.train.path();
  if (const std::string why = data::untrainable_in_words(use); !why.empty())
    fail(ExitCode::data, path, ": ", why,
         "; mend the labels (`ssddata check` names the faulty ones), or set data.train to others");
  if (use.left_out() > 0)
    data.remarks.push_back("labels: " + base::share_in_words(use.left_out(), use.labels) +
                           " take no part in training: " + data::reasons_in_words(use) +
                           named_by_check(path));
  const int64_t empty = std::count_if(data.train.images.begin(), data.train.images.end(),
                                      [](const auto& image) { return image.object_count == 0; });
  if (empty > 0)
    data.remarks.push_back(
        "labels: " + base::share_in_words(empty, int64_t(data.train.images.size())) +
        " images have no box and are trained on as background: are all of them labelled?");
  const std::string borders = data::borders_in_words(use, options.overshoot);
  if (!borders.empty()) data.remarks.push_back("labels: " + borders);
  // Boxes in fractions of the image have a warning of their own.
  const std::string tiny =
      data::count_box_units(data.train).look_like_unit() ? "" : data::tiny_in_words(use);
  if (!tiny.empty()) data.remarks.push_back("labels: " + tiny);
  if (const std::string unlearned = unlearned_in_words(use, data.train); !unlearned.empty())
    data.remarks.push_back("note: " + path + ": " + unlearned);
}

// Says before the first step how many objects of data.val are faulty. They count in the metrics, as
// objects that are hard or impossible to find.
void remark_val_faults(const config::RunConfig& config, TrainingData& data) {
  data::GroundTruthOptions options = config.data.sample.ground_truth;
  options.class_columns = data.classes.columns_of(data.val);
  const data::LabelUse faults =
      data::faults_of(data::count_labels(data.val, options, config.data.sample.max_boxes));
  if (faults.left_out() > 0)
    data.remarks.push_back(
        "labels of data.val: " + base::share_in_words(faults.left_out(), faults.labels) +
        " would take no part in training, but count in the metrics: " +
        data::reasons_in_words(faults) + named_by_check(config.data.val.path()));
}

void remark_labels(const std::string& path, const data::Dataset& dataset,
                   std::vector<std::string>& remarks) {
  for (std::string& remark : data::label_remarks(path, dataset))
    remarks.push_back(std::move(remark));
}

// Every image is looked up before the first step takes time. Faults of up to 1 % of the images may
// be skipped, as while training.
data::FileLookup look_up(const char* key, data::Dataset& dataset, const config::DataConfig& config,
                         std::vector<std::string>& remarks) {
  data::FileLookup found = data::look_up_images(dataset, config.threads);
  remarks.push_back(fmt::format("{}: {}", key, found.in_words()));
  if (found.frames.oriented > 0)
    remarks.push_back(fmt::format("{}: {}", key, found.frames.in_words()));
  for (const std::string& line : found.odd.in_words(key)) remarks.push_back(line);
  const bool skip = config.sample.image_errors == data::ImageErrorPolicy::skip;
  if (found.unusable == 0 || (skip && found.unusable <= found.images / 100)) return found;
  fail(ExitCode::data, found.first_problem(), "; ", key, ": ",
       base::share_in_words(found.unusable, found.images), " images cannot be used",
       skip ? ", but at most 1 % may be skipped"
       : found.unusable <= found.images / 100
           ? "; mend them, or set data.on_bad_image=skip for up to 1 %"
           : "; mend them, or leave them out of the data");
}

// Warns of names that are probably two spellings of one class: they would be learnt as two classes.
void remark_alike(const std::string& path, const data::Dataset& dataset,
                  std::vector<std::string>& remarks) {
  std::vector<std::string> names;
  for (const data::Category& category : dataset.categories) names.push_back(category.name);
  const std::string words = data::alike_in_words(names);
  if (!words.empty()) remarks.push_back("warning: " + path + ": the classes " + words);
}

void remark_classes(const config::RunConfig& config, TrainingData& data) {
  refuse_same_names(data.val);
  const std::string path = config.data.val.path();
  for (const std::string& difference : {unknown_classes_in_words(data.classes, data.val, path),
                                        missing_classes_in_words(data.classes, data.val, path)})
    if (!difference.empty()) data.remarks.push_back("warning: " + difference);
}

// Calls take(image, path) for each image, with one path for all spellings of a file's path.
template <class Take> void for_each_path(const data::Dataset& set, Take take) {
  std::error_code unknown;
  const fs::path given = set.image_folder.empty() ? "." : set.image_folder;
  const fs::path folder = fs::weakly_canonical(given, unknown);
  for (size_t i = 0; i < set.images.size(); ++i) {
    const fs::path name = data::image_location(set, set.images[i]);
    const bool record = set.images[i].shard >= 0;
    take(i, (record ? name : folder / name).lexically_normal().string());
  }
}

// Warns of validation images that are training images, too: their metrics would be too good. Copies
// under other names are found by their contents.
void remark_shared(const config::RunConfig& config, const data::FileLookup& train_files,
                   const data::FileLookup& val_files, TrainingData& data) {
  std::unordered_set<std::string> paths;
  for_each_path(data.train, [&](size_t, const std::string& path) { paths.insert(path); });
  std::unordered_set<uint64_t> contents(train_files.contents.begin(), train_files.contents.end());
  contents.erase(0);
  int64_t shared = 0, copies = 0;
  for_each_path(data.val, [&](size_t image, const std::string& path) {
    const bool same = paths.contains(path), copy = contents.contains(val_files.contents[image]);
    shared += same || copy;
    copies += copy && !same;
  });
  if (shared == 0) return;
  data.remarks.push_back("warning: " + config.data.val.path() + ": " +
                         base::share_in_words(shared, int64_t(data.val.images.size())) +
                         " images are trained on, too" +
                         (copies > 0 ? fmt::format(" ({} as a copy)", copies) : "") +
                         ", so the metrics say little about others");
}

// Notes pictures that lie beside those of COCO files, but are listed by none of them.
void remark_unlisted(TrainingData& data) {
  std::vector<const data::Dataset*> sets{&data.train};
  std::error_code unknown;
  const bool shared = !data.val.images.empty() &&
                      fs::equivalent(data.train.image_folder, data.val.image_folder, unknown);
  if (shared) sets.push_back(&data.val);
  const auto remark = [&](const data::Dataset& set) {
    if (const std::string words = data::find_unlisted(set.image_folder, sets).in_words();
        !words.empty())
      data.remarks.push_back("note: " + set.image_folder + ": " + words);
  };
  remark(data.train);
  sets = {&data.val};
  if (!shared && !data.val.images.empty()) remark(data.val);
}

void remark_unmeasured(const config::RunConfig& config, TrainingData& data) {
  const std::string why = data::why_unmeasured(data.val);
  if (!why.empty())
    data.remarks.push_back("warning: data.val cannot be measured: " + why +
                           "; no checkpoint will be the best, and nothing stops early");
  if (config.eval.reference_area) return;
  if (const std::string some = data::uncounted_in_words(data.val); !some.empty())
    data.remarks.push_back("warning: " + config.data.val.path() + ": " + some);
  if (const std::string odd = data::odd_areas_in_words(data.val); !odd.empty())
    data.remarks.push_back("note: " + config.data.val.path() + ": " + odd);
}

}  // namespace

std::string TrainingData::in_words() const {
  return fmt::format("{}, {}, {}", base::counted(int64_t(train.images.size()), "training image"),
                     base::counted(int64_t(val.images.size()), "validation image"),
                     base::counted(int64_t(classes.list().size()), "class"));
}

TrainingData load_training_data(const config::RunConfig& config, const ModelFile* resumed) {
  if (resumed) refuse_other_model(*resumed, config);
  TrainingData data;
  data.remarks = config::idle_in_training(config);
  for (std::string& note : config::fruitless_in_training(config))
    data.remarks.push_back(std::move(note));
  const ClassList* known = resumed ? &resumed->classes() : nullptr;
  data.train = load_dataset(config.data.train, config.data.label_map, known);
  if (config.data.val.given())
    data.val = load_dataset(config.data.val, config.data.label_map, known);
  const int wanted = config.model.options.classes;
  if (resumed) refuse_other_classes(*resumed, wanted, data.train);
  data.classes =
      resumed ? resumed->classes() : ClassList(data.train, config.model.class_columns, wanted);
  remark_alike(config.data.train.path(), data.train, data.remarks);
  remark_labels(config.data.train.path(), data.train, data.remarks);
  remark_label_use(config, data);
  if (const std::string scaling = scaling_in_words(config.data); !scaling.empty())
    data.remarks.push_back(scaling);
  const data::FileLookup train_files = look_up("data.train", data.train, config.data, data.remarks);
  data.train_print = data::fingerprint_of(data.train, config.data.threads, train_files.contents);
  remark_unlisted(data);
  if (data.val.images.empty()) return data;
  remark_labels(config.data.val.path(), data.val, data.remarks);
  remark_val_faults(config, data);
  const data::FileLookup val_files = look_up("data.val", data.val, config.data, data.remarks);
  data.val_print = data::fingerprint_of(data.val, config.data.threads, val_files.contents);
  remark_classes(config, data);
  remark_shared(config, train_files, val_files, data);
  remark_unmeasured(config, data);
  return data;
}

}  // namespace run
