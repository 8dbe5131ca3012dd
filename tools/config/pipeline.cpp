#include "tools/config/pipeline.h"

#include "data/formats/lines.h"
#include "engine/base/input_file.h"
#include "engine/base/text.h"
#include "tools/config/pipeline_keys.h"

namespace config {

PipelineConfig parse_pipeline_config(const std::string& text, const std::string& name,
                                     const std::vector<std::string>& overrides, ConfigUse use) {
  if (const std::string nothing = data::nothing_in_words(text); !nothing.empty())
    base::fail(base::ExitCode::usage, name, ": ", nothing, ", expected a pipeline.config");
  if (const std::string wide = data::wide_in_words(text); !wide.empty())
    base::fail(base::ExitCode::usage, name, ":1: ", wide);
  if (!base::is_utf8(text))
    base::fail(base::ExitCode::usage, name, ":1: not UTF-8, expected a pipeline.config in UTF-8");
  const std::vector<TextField> fields = parse_text_fields(text, name);
  const PipelineKeys keys(fields, name);
  PipelineConfig read{config_of(keys.text(), overrides, name, use), keys.ignored()};
  if (read.config.train.steps == 0 && read.config.train.epochs == 0)
    read.ignored.push_back(name +
                           ": train_config.num_steps is absent or 0, so the original would train "
                           "without an end; set train.steps or train.epochs");
  return read;
}

PipelineConfig load_pipeline_config(const std::string& path,
                                    const std::vector<std::string>& overrides, ConfigUse use) {
  const base::InputFile file(path, base::ExitCode::usage);
  if (file.size() > kLargestPipeline)
    base::fail(base::ExitCode::usage, path, ": larger than 1 MiB, expected a pipeline.config");
  std::string text(file.size(), '\0');
  file.read_at(0, text.data(), text.size());
  return parse_pipeline_config(text, path, overrides, use);
}

}  // namespace config
