// ssdeval: COCO metrics.
#include <algorithm>
#include <iostream>

#include "data/formats/source_values.h"
#include "engine/base/error.h"
#include "tools/command_line.h"
#include "tools/config/shared_limits.h"
#include "tools/eval/evaluate_checkpoint.h"
#include "tools/eval/evaluate_files.h"
#include "tools/options/plain_words.h"

namespace {

using base::ExitCode, base::fail;

struct Arguments {
  std::string detections;
  tools::CheckpointEvaluation model;  // its fields serve results files, too
};

void add_model_options(tools::Options& opts, Arguments& a) {
  opts.add("--checkpoint FILE", a.model.checkpoint,
           "A model, as ssdtrain saves it, or a run's folder");
  opts.add("--config FILE", a.model.config,
           "Configuration in place of the checkpoint's, for the data and the evaluation");
  opts.add("--save-detections FILE", a.model.save_detections,
           "Write what the model finds as COCO results");
  opts.add("--device " + tools::device_values(), a.model.device,
           "The CPU or a GPU; default: a GPU where there is one");
  opts.add("overrides KEY=VALUE", a.model.overrides, "Configuration values, as eval.max_total=200");
}

void add_common_options(tools::Options& opts, Arguments& a) {
  a.model.input.source.split = "val";
  a.model.input.add_options(opts);
  opts.add("--detections FILE", a.detections,
           "COCO results, an array of boxes with scores; or the lines of ssddetect --json-lines");
  opts.add("--json", a.model.report.json, "Print one JSON object");
  opts.add("--per-class FILE", a.model.report.per_class, "Write a row per class to this CSV file");
  opts.add("--report FILE", a.model.report.page,
           "Write an HTML page with curves, confusion matrix and pictures");
  opts.add("--overwrite", a.model.overwrite, "Replace files that exist, but never an input");
  opts.add("--reference-area", a.model.options.reference_area,
           "Small, medium, large by the area of the box instead of the mask");
  opts.add("--strict-ids", a.model.options.id_zero_is_missed,
           "Count an object with annotation id 0 as missed, as pycocotools does");
  opts.add("--threads N", a.model.threads, "Threads, 0 for one per core")
      .whole_within(config::limits::threads);
}

// Whether the data set is given as patterns, which a shell may have expanded.
bool takes_patterns(const data::Source& source) {
  return std::ranges::any_of(data::formats(), [&](const data::Format& f) {
    return f.takes_patterns() && f.given_in(source);
  });
}

// Options of a model make no sense beside --detections, where nothing runs.
void refuse_model_options(const Arguments& a) {
  const tools::CheckpointEvaluation& m = a.model;
  for (auto [option, value] : {std::pair("--config", &m.config),
                               {"--save-detections", &m.save_detections},
                               {"--device", &m.device}})
    if (!value->empty()) fail(ExitCode::usage, option, " needs --checkpoint");
  if (!m.overrides.empty())
    fail(ExitCode::usage, "unexpected argument ", m.overrides[0],
         takes_patterns(m.input.source) ? tools::kAboutGlobs
                                        : ": configuration values need --checkpoint");
}

// Options of a data set say nothing about that of the checkpoint.
void refuse_options_without_data(const tools::Options& opts, const data::Source& source) {
  if (source.given()) return;
  for (const std::string& value : data::source_value_names())
    if (const std::string option = source.option(value); opts.given(option))
      fail(ExitCode::usage, option, " needs one of ", data::format_keys("--"),
           ": it belongs to the data set that is given there");
}

void refuse_overwrite_without_files(const tools::CheckpointEvaluation& m) {
  if (m.overwrite && m.report.per_class.empty() && m.report.page.empty() &&
      m.save_detections.empty())
    fail(ExitCode::usage, "--overwrite needs one of --per-class, --report, --save-detections: ",
         "nothing else is written into a file");
}

void evaluate(const tools::Options& opts, Arguments a) {
  a.model.options.threads = a.model.threads;
  refuse_overwrite_without_files(a.model);
  if (a.model.checkpoint.empty() == a.detections.empty())
    fail(ExitCode::usage,
         "give either --checkpoint, or --annotations and --detections, see --help");
  if (!a.model.checkpoint.empty()) {
    refuse_options_without_data(opts, a.model.input.source);
    return tools::evaluate_checkpoint(a.model, std::cout, std::cerr);
  }
  refuse_model_options(a);
  if (!a.model.input.source.given())
    fail(ExitCode::usage, "--detections needs one of ", data::format_keys("--"));
  tools::evaluate_files({.input = a.model.input,
                         .detections = a.detections,
                         .report = a.model.report,
                         .overwrite = a.model.overwrite,
                         .options = a.model.options},
                        std::cout, std::cerr);
}

}  // namespace

int main(int argc, char** argv) {
  tools::handle_lack_of_memory();
  tools::Program program(
      "ssdeval", "COCO box metrics of a model or of a results file.",
      {{"ssdeval --checkpoint runs/shapes_demo/1/best.safetensors",
        "a model on the validation images that it was trained with"},
       {"ssdeval --checkpoint F --annotations A.json --images DIR", "a model on other images"},
       {"ssdeval --annotations instances_val2017.json --detections detections.json",
        "a results file: the twelve COCO metrics and a table of classes"},
       {"ssdeval --annotations A.json --images DIR --detections D.json --report report.html",
        "a page to look at, with the best and the worst images"},
       {"ssdeval --annotations A.json --detections D.json --json", "the same for programs"}});
  Arguments arguments;
  add_common_options(program, arguments);
  add_model_options(program, arguments);
  return tools::run_program(argc, argv, program, [&] { evaluate(program, arguments); });
}
