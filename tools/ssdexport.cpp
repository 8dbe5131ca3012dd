// ssdexport: a trained model for other programs.
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <iostream>
#include <optional>

#include "data/image/image_file.h"
#include "data/synthetic/shapes.h"
#include "engine/base/error.h"
#include "engine/base/file_kind.h"
#include "engine/base/output_guard.h"
#include "engine/base/temporary_folder.h"
#include "engine/base/text.h"
#include "engine/base/write_file.h"
#include "tools/command_line.h"
#include "tools/config/shared_limits.h"
#include "tools/export/onnx_detector.h"
#include "tools/export/verify.h"
#include "tools/image_files.h"
#include "tools/run/checkpoint_files.h"

namespace {

using base::ExitCode, base::fail;

struct Arguments {
  std::string checkpoint, onnx, weights, nms = "onnx", images, python = "python3";
  onnx::ExportOptions options;
  std::optional<double> score_threshold, iou_threshold;
  std::optional<int> most;
  int verify = 0;
  bool overwrite = false;
};

// How much the results of two f32 networks may differ, and those of one with f16 weights.
constexpr double kScoreLimit = 1e-4, kHalfScoreLimit = 0.05, kHalfUnmatched = 0.05;

void add_options(tools::Options& opts, Arguments& a) {
  opts.add("--checkpoint FILE", a.checkpoint, "A model, as ssdtrain saves it, or a run's folder")
      .required();
  opts.add("--onnx FILE", a.onnx, "Write an ONNX file: pixels in, boxes out");
  opts.add("--weights FILE", a.weights,
           "Write a checkpoint of the weights alone, for ssddetect, ssdeval and --init-from");
  opts.add("--overwrite", a.overwrite, "Replace files that exist, but never an input");
}

void add_onnx_options(tools::Options& opts, Arguments& a) {
  opts.add("--nms", a.nms, "Suppression: none, onnx, or trt (TensorRT's plugin)")
      .show_default()
      .one_of({"none", "onnx", "trt"});
  opts.add("--opset N", a.options.opset, "Version of ONNX's operators")
      .between(onnx::kOldestOpset, onnx::kNewestOpset)
      .show_default();
  opts.add("--half", a.options.half_weights, "Store the weights as f16: half the ONNX file");
  opts.add("--score-threshold X", a.score_threshold,
           "Boxes with this score or less are left out; default: the model's")
      .within(config::limits::score);
  opts.add("--iou X", a.iou_threshold,
           "Boxes of one class that overlap more are suppressed; default: the model's")
      .within(config::limits::overlap);
  opts.add("--max N", a.most, "Boxes per image at most; default: the model's eval.max_total")
      .whole_within(config::limits::boxes);
  const tools::Option verify =
      opts.add("--verify N", a.verify,
               "Compare with our own engine on N images in Python's onnxruntime")
          .between(1, 10000);
  opts.add("--images FILE|DIR", a.images, "The images of --verify; default: drawn ones");
  opts.add("--python PROGRAM", a.python, "The interpreter of --verify")
      .needs(verify)
      .show_default();
}

// Refuses options of the ONNX file if only --weights is given.
void refuse_onnx_options(const tools::Options& opts) {
  for (const char* option : {"--nms", "--opset", "--half", "--score-threshold", "--iou", "--max"})
    if (opts.given(option)) fail(ExitCode::usage, option, " needs --onnx");
}

// Refuses rules for boxes if the file has no suppression, since it then gives all scores. Only
// --verify uses the rules all the same.
void refuse_rules(const tools::Options& opts, const Arguments& a) {
  if (a.nms != "none" || a.verify > 0) return;
  for (const char* option : {"--score-threshold", "--iou", "--max"})
    if (opts.given(option))
      fail(ExitCode::usage, option,
           " changes nothing with --nms none, which writes every box with its scores: leave it "
           "out, or choose another --nms");
}

void check_arguments(const tools::Options& opts, const Arguments& a) {
  if (a.onnx.empty() && a.weights.empty())
    fail(ExitCode::usage, "nothing to write: give --onnx FILE or --weights FILE");
  if (a.onnx.empty()) refuse_onnx_options(opts);
  refuse_rules(opts, a);
  if (a.onnx.empty() && a.verify > 0) fail(ExitCode::usage, "--verify needs --onnx");
  if (a.verify == 0 && !a.images.empty()) fail(ExitCode::usage, "--images needs --verify N");
}

onnx::ExportOptions export_options(const Arguments& a, const config::EvalConfig& eval) {
  onnx::ExportOptions options = a.options;
  options.nms = a.nms == "none"   ? onnx::Nms::none
                : a.nms == "onnx" ? onnx::Nms::onnx
                                  : onnx::Nms::tensor_rt;
  options.suppression = eval.nms;
  if (a.score_threshold) options.suppression.score_threshold = *a.score_threshold;
  if (a.iou_threshold) options.suppression.iou_threshold = *a.iou_threshold;
  if (!a.most) return options;
  options.suppression.max_total = *a.most;
  options.suppression.max_per_class = std::max(options.suppression.max_per_class, *a.most);
  return options;
}

// Returns the first N images of --images.
std::vector<std::string> found_images(const Arguments& a) {
  if (a.images.empty()) return {};
  tools::PathLines list(STDIN_FILENO, tools::kStandardInput);
  std::vector<std::string> files = tools::find_images({a.images}, /*recursive=*/false, list).files;
  if (files.empty()) fail(ExitCode::usage, a.images, ": no image in it, for --verify");
  files.resize(std::min(files.size(), size_t(a.verify)));
  return files;
}

// Draws N scenes into `folder`.
std::vector<std::string> drawn_images(const Arguments& a, const std::string& folder) {
  std::vector<std::string> files;
  for (int i = 0; i < a.verify; ++i) {
    files.push_back(fmt::format("{}/drawn_{}.png", folder, i));
    data::write_image(files.back(), data::draw_scene({}, uint64_t(i)).image);
  }
  return files;
}

// Returns the file that ONNX Runtime can compare: the same network with ONNX's own suppression,
// since ONNX Runtime lacks TensorRT's plugin.
std::string comparable(run::LoadedModel& model, onnx::ExportOptions options,
                       const std::string& bytes) {
  if (options.nms == onnx::Nms::onnx) return bytes;
  options.nms = onnx::Nms::onnx;
  return onnx::detector_file(model, options);
}

void check(const onnx::Comparison& c, bool half_weights) {
  if (c.boxes == 0 && c.unmatched == 0)
    fail(ExitCode::failed,
         "nothing could be compared, since neither program finds a box with a score of 0.05 or "
         "more: give images of the model's classes with --images, or leave --verify away");
  // Rounded weights move some scores across a threshold.
  if (double(c.unmatched) > (half_weights ? kHalfUnmatched * double(c.boxes) : 0))
    fail(ExitCode::failed, "ONNX Runtime does not find the same boxes as this engine");
  const double limit = half_weights ? kHalfScoreLimit : kScoreLimit;
  if (c.score > limit)
    fail(ExitCode::failed, "ONNX Runtime's scores differ by ", c.score, ", expected at most ",
         limit);
}

void verify(const Arguments& a, run::LoadedModel& model, const onnx::ExportOptions& options,
            const std::string& bytes, const std::vector<std::string>& images) {
  const base::TemporaryFolder folder("ssdexport");
  const onnx::Comparison c = onnx::compare_in_onnx_runtime(
      model, options.suppression, comparable(model, options, bytes),
      images.empty() ? drawn_images(a, folder.path()) : images, a.python);
  std::cerr << "ssdexport: " << c.in_words() << std::endl;
  check(c, options.half_weights);
}

void write_onnx(const Arguments& a, run::LoadedModel& model,
                const std::vector<std::string>& images) {
  const onnx::ExportOptions options = export_options(a, model.config().eval);
  const std::string bytes = onnx::detector_file(model, options);
  if (a.verify > 0) verify(a, model, options, bytes, images);
  base::write_file(a.onnx, bytes);
  std::cerr << fmt::format("ssdexport: {}: {:.1f} MiB, opset {}, suppression {}\n",
                           base::printable(a.onnx), double(bytes.size()) / (1 << 20), options.opset,
                           a.nms);
}

// Weights alone, or an ONNX file, in place of a run's checkpoint would end the run.
void refuse_checkpoint_of_run(const char* option, const std::string& output) {
  std::error_code unknown;
  if (!std::filesystem::is_regular_file(output, unknown)) return;
  bool holds_training = false;
  try {
    holds_training = run::ModelFile(output).holds_training();
  } catch (const base::Error&) {  // another file, which --overwrite replaces
  }
  if (holds_training)
    fail(ExitCode::usage, option, ": ", output,
         " holds the state of a training, which would be lost: give another name");
}

void export_model(const tools::Options& opts, const Arguments& a) {
  check_arguments(opts, a);
  base::OutputGuard guard(a.overwrite);
  guard.add("--onnx", a.onnx);
  guard.add("--weights", a.weights);
  const std::string path = run::checkpoint_file(a.checkpoint, "ssdexport");
  const std::vector<std::string> images = found_images(a);
  std::vector<std::string> inputs{path};
  inputs.insert(inputs.end(), images.begin(), images.end());
  const base::OutputLocks locks = guard.take(inputs);
  refuse_checkpoint_of_run("--onnx", a.onnx);
  refuse_checkpoint_of_run("--weights", a.weights);
  for (const std::string& output : {a.onnx, a.weights})
    base::create_folders(std::filesystem::path(output).parent_path());
  const run::ModelFile file = run::open_checkpoint(path);
  run::LoadedModel model(file, {.device = "cpu", .precision = "fp32"});
  if (!a.weights.empty()) {
    model.save_weights(a.weights, file);
    std::cerr << "ssdexport: " << base::printable(a.weights) << ": the weights alone\n";
  }
  if (!a.onnx.empty()) write_onnx(a, model, images);
}

}  // namespace

int main(int argc, char** argv) {
  tools::handle_lack_of_memory();
  tools::Program program("ssdexport", "Writes a trained model for other programs.",
                         {{"ssdexport --checkpoint runs/shapes_demo/1 --onnx shapes.onnx",
                           "an ONNX file that takes RGB images of any size and gives boxes"},
                          {"ssdexport --checkpoint F --onnx F.onnx --verify 20 --images photos",
                           "compare it with this engine on 20 photos first"},
                          {"ssdexport --checkpoint F --weights weights.safetensors",
                           "the weights without what training needs: at most half the size"}});
  Arguments arguments;
  add_options(program, arguments);
  add_onnx_options(program, arguments);
  return tools::run_program(argc, argv, program, [&] { export_model(program, arguments); });
}
