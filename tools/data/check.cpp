// ssddata check: every problem of a data set, by file and annotation id.
#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "data/check/dataset_check.h"
#include "data/check/unlisted_pictures.h"
#include "data/loading/label_use.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/text.h"
#include "tools/command_line.h"
#include "tools/config/shared_limits.h"
#include "tools/data/commands.h"
#include "tools/dataset_input.h"
#include "tools/label_use_report.h"

namespace tools {
namespace {

using data::Problem, data::ProblemKind, data::Problems, data::Severity;

struct CheckArguments {
  DatasetInput input;
  bool no_images = false, strict = false, all = false, json = false;
  int threads = 0;
};

std::string described(const Problem& problem) {
  // The texts of problems with the annotation file already name the entry.
  bool named = problem.text.find("annotation id") == 0;
  std::string id = problem.has_annotation && !named
                       ? fmt::format("annotation id {}: ", problem.annotation_id)
                       : "";
  return base::printable(problem.where + ": " + id + problem.text);
}

void print_problems(const Problems& problems, bool all) {
  for (const Problem& problem : problems.kept()) {
    const data::ProblemRule& rule = data::rule_of(problem.kind);
    if (rule.severity == Severity::info && !all) continue;
    fmt::print("{:<7}  {:<23}  {}\n", data::name_of(rule.severity), rule.name, described(problem));
  }
}

void print_summary(const Problems& problems, const data::Dataset& dataset) {
  fmt::print("{}, {}, {}\n", base::counted(int64_t(dataset.images.size()), "image"),
             base::counted(int64_t(dataset.objects.size()), "box"),
             base::counted(int64_t(dataset.categories.size()), "category"));
  for (Severity severity : {Severity::error, Severity::warning, Severity::info})
    for (int i = 0; i < data::kProblemKinds; ++i) {
      auto kind = static_cast<ProblemKind>(i);
      const data::ProblemRule& rule = data::rule_of(kind);
      if (rule.severity == severity && problems.count(kind) > 0)
        fmt::print("{:>9} {:<7}  {:<23}  {}\n", problems.count(kind), data::name_of(severity),
                   rule.name, rule.meaning);
    }
}

int64_t checked_images(const CheckArguments& arguments, const data::Dataset& dataset,
                       const Problems& problems) {
  if (arguments.no_images) return 0;
  return int64_t(dataset.images.size()) - problems.count(ProblemKind::missing_file) -
         problems.count(ProblemKind::outside_folder);
}

// What could not be checked, and what to give so that it can be. Empty if all was.
std::string unchecked_in_words(const CheckArguments& arguments, const data::Dataset& dataset,
                               const Problems& problems) {
  if (dataset.images.empty()) return "";
  if (arguments.no_images)
    return "No image was looked at, so it is not known whether they exist, can be read and have "
           "the annotated sizes: check that without --no-images";
  const int64_t missing = problems.count(ProblemKind::missing_file);
  if (missing == 0) return "";
  return fmt::format("{} could not be checked: {}", base::counted(missing, "image"),
                     arguments.input.source.images.empty()
                         ? "give the folder of the images with --images, or --no-images to look at "
                           "the annotations only"
                         : "the folder that --images names lacks the image files");
}

// The cure of what is wrong with single entries of a COCO file. Empty if that is nothing.
std::string cure_in_words(const Problems& problems) {
  using enum ProblemKind;
  int64_t entries = 0;
  for (const ProblemKind kind : {bad_image, bad_annotation, bad_category, duplicate_image_id,
                                 duplicate_category_id, orphan_annotation, unknown_category})
    entries += problems.count(kind);
  if (entries == 0) return "";
  return "`ssddata convert --leave-out-faulty --to-coco FILE` writes a file without the entries "
         "that cannot be used";
}

data::UnlistedPictures unlisted_pictures(const CheckArguments& arguments,
                                         const data::Dataset& dataset) {
  const data::Dataset* const one = &dataset;
  return arguments.no_images ? data::UnlistedPictures{}
                             : data::find_unlisted(dataset.image_folder, {&one, 1});
}

void print_json(const Problems& problems, const data::Dataset& dataset, bool all,
                int64_t checked_images, const data::UnlistedPictures& unlisted) {
  nlohmann::ordered_json report = {{"images", dataset.images.size()},
                                   {"checked_images", checked_images},
                                   {"unlisted_images", unlisted.unlisted},
                                   {"boxes", dataset.objects.size()},
                                   {"categories", dataset.categories.size()},
                                   {"errors", problems.count(Severity::error)},
                                   {"warnings", problems.count(Severity::warning)},
                                   {"counts", nlohmann::ordered_json::object()},
                                   {"problems", nlohmann::ordered_json::array()}};
  for (int i = 0; i < data::kProblemKinds; ++i) {
    auto kind = static_cast<ProblemKind>(i);
    report["counts"][std::string(data::rule_of(kind).name)] = problems.count(kind);
  }
  report["labels"] = label_use_json(data::count_labels(dataset));
  for (const Problem& problem : problems.kept()) {
    const data::ProblemRule& rule = data::rule_of(problem.kind);
    if (rule.severity == Severity::info && !all) continue;
    nlohmann::ordered_json entry = {{"kind", rule.name},
                                    {"severity", data::name_of(rule.severity)},
                                    {"where", problem.where},
                                    {"text", problem.text}};
    if (problem.has_annotation) entry["annotation_id"] = problem.annotation_id;
    report["problems"].push_back(std::move(entry));
  }
  using Json = nlohmann::ordered_json;
  fmt::print("{}\n", report.dump(1, ' ', false, Json::error_handler_t::replace));
}

int check(const CheckArguments& arguments) {
  Problems problems;
  data::Dataset dataset = arguments.input.load(&problems);
  data::check_labels(dataset, problems);
  data::FrameReport frames;
  if (!arguments.no_images) frames = data::check_images(dataset, arguments.threads, problems);
  const data::UnlistedPictures unlisted = unlisted_pictures(arguments, dataset);
  if (arguments.json) {
    print_json(problems, dataset, arguments.all, checked_images(arguments, dataset, problems),
               unlisted);
  } else {
    print_problems(problems, arguments.all);
    print_summary(problems, dataset);
    print_label_use(data::count_labels(dataset), true);
    if (frames.oriented > 0) fmt::print("{}\n", frames.in_words());
    if (const std::string words = unlisted.in_words(); !words.empty())
      fmt::print("{}: {}\n", base::printable(dataset.image_folder), words);
    if (const std::string unchecked = unchecked_in_words(arguments, dataset, problems);
        !unchecked.empty())
      fmt::print("{}\n", unchecked);
    if (const std::string cure = cure_in_words(problems); !cure.empty()) fmt::print("{}\n", cure);
  }
  std::fflush(stdout);
  int64_t errors = problems.count(Severity::error), warnings = problems.count(Severity::warning);
  if (errors > 0 || (arguments.strict && warnings > 0))
    base::fail(base::ExitCode::data, arguments.input.name(), ": ", base::counted(errors, "error"),
               ", ", base::counted(warnings, "warning"));
  if (dataset.images.empty())
    base::fail(base::ExitCode::data, arguments.input.name(), ": the data set has no images");
  return 0;
}

}  // namespace

Command add_check_command(Program& program) {
  Options opts =
      program.add_command("check", "Find every problem of a data set; exit with 3 if there is any");
  auto arguments = std::make_shared<CheckArguments>();
  arguments->input.add_options(opts);
  const Option no_images =
      opts.add("--no-images", arguments->no_images, "look at the annotations only");
  opts.add("--strict", arguments->strict, "exit with 3 on warnings, too");
  opts.add("--all", arguments->all, "list notes, too: images without boxes, crowds, grey images");
  opts.add("--threads", arguments->threads, "threads that decode images [one per core]")
      .whole_within(config::limits::threads)
      .excludes(no_images);
  opts.add("--json", arguments->json, "one JSON object on standard output");
  return {opts, [arguments] { return check(*arguments); }};
}

}  // namespace tools
