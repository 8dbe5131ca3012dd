#include "tools/export/verify.h"

#include <fmt/format.h>
#include <sys/wait.h>

#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/temporary_folder.h"
#include "engine/base/write_file.h"
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
    const data::Image& picture = batch->pictures[0];
    const std::string file = std::to_string(expected.size()) + ".rgb";
    base::write_file(folder / file, std::span<const uint8_t>(picture.rgb));
    expected.push_back({{"file", file},
                        {"height", picture.height},
                        {"width", picture.width},
                        {"boxes", rows_of(inference.run(batch->batch)[0])}});
  }
  return expected;
}

std::string quoted(const std::string& text) {  // for the shell
  std::string quoted = "'";
  for (char c : text) quoted += c == '\'' ? "'\\''" : std::string(1, c);
  return quoted + "'";
}

struct Output {
  std::string text;  // standard output and standard error
  int exit_code = 0;
};

Output run_python(const std::string& python, const fs::path& folder) {
  const std::string command = quoted(python) + " " + quoted((folder / "verify.py").string()) + " " +
                              quoted(folder.string()) + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) fail(ExitCode::resources, "cannot start ", python);
  Output output;
  char buffer[4096];
  for (size_t n; (n = fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.text.append(buffer, n);
  const int status = pclose(pipe);
  output.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return output;
}

std::string last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
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
  const Output output = run_python(python, folder.path());
  const std::string line = last_line(output.text);
  if (output.exit_code == 126 || output.exit_code == 127 || line.starts_with("missing: "))
    fail(ExitCode::resources, "--verify needs ", python,
         " with the packages onnxruntime and numpy (", line,
         "): install them with `pip install onnxruntime`, or name another interpreter with "
         "--python");
  if (line.empty())
    fail(ExitCode::failed, "--verify: ", python, " ended with code ", output.exit_code,
         " and printed nothing, expected the boxes of ONNX Runtime");
  const json result = json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (output.exit_code != 0 || !result.is_object())
    fail(ExitCode::failed, "ONNX Runtime refused the model: ", line);
  return {.runtime = result.at("runtime"),
          .images = result.at("images"),
          .boxes = result.at("boxes"),
          .unmatched = result.at("unmatched"),
          .score = result.at("score"),
          .corner = result.at("corner")};
}

}  // namespace onnx
