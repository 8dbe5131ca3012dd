// A release has GPU code for every GPU from the A100 on.
#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/catch.h"
#include "tests/support/paths.h"

namespace {

struct Code {
  int architecture;
  bool binary;  // else PTX, which a driver compiles
};

std::vector<Code> release_code() {
  std::ifstream file(tests::source_dir() / "CMakePresets.json");
  const nlohmann::json presets = nlohmann::json::parse(file);
  std::string list;
  for (const auto& preset : presets.at("configurePresets"))
    if (preset.at("name") == "release")
      list = preset.at("cacheVariables").at("CMAKE_CUDA_ARCHITECTURES").get<std::string>();
  std::vector<Code> code;
  std::istringstream words(list);
  for (std::string word; std::getline(words, word, ';');)
    code.push_back({std::stoi(word), word.ends_with("-real")});
  return code;
}

// NVIDIA's rules (CUDA C++ Programming Guide, "Application Compatibility"): binary code runs on
// GPUs of the same major number and the same or a later minor one, PTX on all that are not older.
bool runs(const Code& code, int gpu) {
  if (!code.binary) return code.architecture <= gpu;
  return code.architecture / 10 == gpu / 10 && code.architecture <= gpu;
}

}  // namespace

TEST_CASE("the release preset has code for every GPU from sm_80 on") {
  const std::vector<Code> code = release_code();
  REQUIRE(code.size() > 3);
  for (int gpu : {80, 86, 87, 89, 90, 100, 103, 110, 120, 121, 130}) {
    INFO("sm_" << gpu);
    CHECK(std::any_of(code.begin(), code.end(), [&](const Code& c) { return runs(c, gpu); }));
  }
}
