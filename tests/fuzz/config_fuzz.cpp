// A configuration file, and behind NUL bytes what is typed on the command line.
#include "tests/fuzz/target.h"
#include "tests/support/paths.h"
#include "tools/config/run_config.h"

using namespace std::string_literals;

fuzz::Target fuzz::target() {
  Target t{.seeds = {config::run_config_json({}),
                     "// c\n{\"train\": {\"batch_size\": 4 /* d */}, \"name\": null}",
                     "{}\0train.batch_size=8\0data.mean=[1,2,3]\0name=x"s},
           .words = {"{", "}", "[", "]", ":", ",", "\"", "//", "/*", "*/", "\n", "null", "true",
                     "1e999", "\"_base_\": \"", "\"train\": {", "\\u0000", "\xff", "[[[[[[[["}};
  for (const char* name : {"ssd320_base", "bccd_small", "shapes_demo"})
    t.seeds.push_back(
        file_bytes((tests::source_dir() / "configs" / (std::string(name) + ".json")).string()));
  return t;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  std::vector<std::string> overrides;
  size_t end = bytes.find('\0');
  const std::string text = bytes.substr(0, end);
  while (end != std::string::npos) {
    const size_t first = end + 1;
    end = bytes.find('\0', first);
    overrides.push_back(bytes.substr(first, end - first));
  }
  fuzz::expect({base::ExitCode::usage}, [&] {
    const config::RunConfig config = config::parse_run_config(text, "fuzz.json", overrides);
    // What was accepted once is accepted again, with the same values.
    const std::string json = config::run_config_json(config);
    if (config::run_config_json(config::parse_run_config(json, "again.json")) != json)
      throw std::logic_error("the configuration does not survive its own JSON");
  });
  return 0;
}
