#include "tools/export/verify.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/temporary_folder.h"
#include "engine/base/text.h"
#include "engine/base/write_file.h"
#include "tools/export/interpreter.h"
#include "tools/run/image_batches.h"
#include "verify_script.h"

namespace onnx {
namespace {

namespace fs = std::filesystem;
using base::ExitCode, base::fail, nlohmann::json;

json rows_of(const std::vector<run::FoundBox>& found) {
  json rows = json::array();
  for (const run::FoundBox& b : found)
    rows.push_back({b.column - 1, b.score, b.ymin, b.xmin, b.ymax, b.xmax});
  return rows;
}

// Finds boxes with our engine, and writes the pixels to files in `folder`.
json expected_boxes(run::LoadedModel& model, const kernels::NmsOptions& nms,
                    const std::vector<std::string>& images, const fs::path& folder) {
  config::EvalConfig eval = model.config().eval;
  eval.nms = nms;
  config::DataConfig data = model.config().data;
  data.sample.max_boxes = 1;
  const model::DetectorOptions& options = model.config().model.options;
  run::Inference& inference = model.prepare(1, eval, data);
  run::ImageBatches batches(images,
                            {.input = {options.height, options.width}, .keep_pictures = true});
  json expected = json::array();
  while (const run::ImageBatch* batch = batches.next()) {
    if (!batch->problems[0].empty()) fail(ExitCode::data, batch->problems[0]);
    const data::Picture& picture = batch->pictures[0];
    const std::string file = std::to_string(expected.size()) + ".rgb";
    base::write_file(folder / file, std::span<const uint8_t>(picture.rgb));
    expected.push_back({{"file", file},
                        {"height", picture.height},
                        {"width", picture.width},
                        {"boxes", rows_of(inference.run(batch->batch)[0])}});
  }
  return expected;
}

// What the script has found out. Throws an Error that says why it has found out nothing.
Comparison comparison_of(const InterpreterOutput& output, const std::string& python) {
  constexpr size_t kShown = 500;
  const std::string line = base::printable(output.last_line, kShown);
  if (output.exit_code == 126 || output.exit_code == 127 || line.starts_with("missing: "))
    fail(ExitCode::resources, "--verify needs ", python,
         " with the packages onnxruntime and numpy (", line,
         "): install them with `pip install onnxruntime`, or name another interpreter with "
         "--python");
  if (line.empty())
    fail(ExitCode::failed, "--verify: ", python,
         output.exit_code < 0 ? " was ended by a signal"
                              : base::concatenate(" ended with code ", output.exit_code),
         " and printed nothing, expected the boxes of ONNX Runtime");
  if (output.exit_code != 0) fail(ExitCode::failed, "ONNX Runtime refused the model: ", line);
  try {
    const json result = json::parse(output.last_line);
    return {.runtime = result.at("runtime"),
            .images = result.at("images"),
            .boxes = result.at("boxes"),
            .unmatched = result.at("unmatched"),
            .score = result.at("score"),
            .corner = result.at("corner")};
  } catch (const json::exception&) {
    fail(ExitCode::failed, "--verify: the last line that ", python, " printed is ", line,
         ", expected a JSON object with what was compared; name a Python with --python");
  }
}

}  // namespace

std::string Comparison::in_words() const {
  return fmt::format(
      "{}: {}, {} with a score of 0.05 or more; scores differ by at most {:.2g}, corners by {:.2g} "
      "of the image's side, and {} no partner",
      runtime, base::counted(images, "image"), base::counted(boxes, "box"), score, corner,
      unmatched == 1 ? "1 box has" : fmt::format("{} boxes have", unmatched));
}

Comparison compare_in_onnx_runtime(run::LoadedModel& model, const kernels::NmsOptions& nms,
                                   const std::string& model_file,
                                   const std::vector<std::string>& images,
                                   const std::string& python) {
  const base::TemporaryFolder folder("ssdexport");
  base::write_file(folder.path() / "model.onnx", model_file);
  base::write_file(folder.path() / "verify.py", std::string_view(kVerifyScript));
  const json expected = expected_boxes(model, nms, images, folder.path());
  base::write_file(folder.path() / "expected.json", expected.dump());
  const InterpreterOutput output =
      run_interpreter(python, {(folder.path() / "verify.py").string(), folder.path().string()});
  return comparison_of(output, python);
}

}  // namespace onnx
