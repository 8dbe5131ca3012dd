// Configurations of the original.
#include "tests/fuzz/target.h"
#include "tests/support/pipeline_text.h"
#include "tools/config/pipeline.h"

fuzz::Target fuzz::target() {
  return {.seeds = {tests::kPipeline},
          .words = {"{",
                    "}",
                    "<",
                    ">",
                    "[",
                    "]",
                    ":",
                    ",",
                    ";",
                    "'",
                    "\"",
                    "\\",
                    "#",
                    "\n",
                    "-",
                    "true",
                    "false",
                    "1e999",
                    "model {",
                    "ssd {",
                    "train_config {",
                    "data_augmentation_options {",
                    "ssd_random_crop { }",
                    "a {"},
          .inputs = 4000};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  fuzz::expect({base::ExitCode::usage}, [&] {
    const config::RunConfig config = config::parse_pipeline_config(text, "fuzz.config").config;
    // What was accepted is a configuration of ours, with the same values.
    const std::string json = config::run_config_json(config);
    if (config::run_config_json(config::parse_run_config(json, "again.json")) != json)
      throw std::logic_error("the configuration does not survive its own JSON");
  });
  return 0;
}
