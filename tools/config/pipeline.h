// Reads the original's configuration: a pipeline.config of TensorFlow's Object Detection API.
#pragma once
#include <string>
#include <vector>

#include "tools/config/run_config.h"

namespace config {

struct PipelineConfig {
  RunConfig config;
  // "file:line: field: why", a line for each field that is ignored, and for a length of the run
  // that is absent.
  std::vector<std::string> ignored;
};

// Reads a file of up to 1 MiB, turns its fields into our keys, and applies the overrides. A field
// that is absent has protobuf's default. Throws Error(usage), "file:line: field: what is wrong",
// if a field is unknown, is given twice, or asks for something that does not exist here, and for
// what load_run_config() refuses.
PipelineConfig load_pipeline_config(const std::string& path,
                                    const std::vector<std::string>& overrides,
                                    ConfigUse use = ConfigUse::any);

// The same for a text. `name` stands for the file in messages.
PipelineConfig parse_pipeline_config(const std::string& text, const std::string& name,
                                     const std::vector<std::string>& overrides = {},
                                     ConfigUse use = ConfigUse::any);

}  // namespace config
