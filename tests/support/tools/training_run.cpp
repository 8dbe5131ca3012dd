#include "tests/support/tools/training_run.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <stdexcept>

#include "engine/safetensors.h"

namespace tests {
namespace {

nlohmann::json source(const std::string& part) {
  return {{"annotations", "data/annotations/instances_" + part + ".json"},
          {"images", "data/images"}};
}

nlohmann::json tiny_config() {
  return {{"model",
           {{"input_height", 64},
            {"input_width", 64},
            {"backbone_width", 8},
            {"units", {1, 1, 1, 1}},
            {"fpn_channels", 16},
            {"head_channels", 16},
            {"head_depth", 1}}},
          {"data", {{"train", source("train")}, {"val", source("val")}, {"threads", 2}}},
          {"train",
           {{"batch_size", 4},
            {"steps", 12},
            {"device", "cpu"},
            {"threads", 1},
            {"memory_gib", 0.25},
            {"schedule",
             {{"base_rate", 0.04},
              {"warmup_rate", 0.004},
              {"warmup_steps", 4},
              {"total", 200},
              {"reference_batch", 4}}}}},
          {"eval", {{"every_steps", 4}}},
          {"log", {{"every_steps", 1}}}};
}

std::vector<std::string> cells_of(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream text(line);
  for (std::string cell; std::getline(text, cell, ',');) cells.push_back(cell);
  return cells;
}

}  // namespace

TrainingPlace::TrainingPlace(int train, int val) {
  const Outcome made =
      run(fmt::format("cd {} && {} synth data --train {} --val {} --width 96 --height 96",
                      folder_.path().string(), program("ssddata").string(), train, val));
  if (made.exit_code != 0) throw std::runtime_error(made.err);
  std::ofstream(config()) << tiny_config().dump(1);
}

std::string TrainingPlace::command(const std::string& arguments,
                                   const std::string& launcher) const {
  return fmt::format("cd {} && exec {} {} {}", folder_.path().string(), launcher,
                     program("ssdtrain").string(), arguments);
}

Outcome TrainingPlace::ssdtrain(const std::string& arguments) const {
  return run(command(arguments));
}

Outcome TrainingPlace::train(const std::string& run, const std::string& more) const {
  return ssdtrain("--config tiny.json --output-dir " + run + " " + more);
}

Outcome interrupted(const TrainingPlace& place, const std::string& run_folder,
                    const std::string& signals, const std::string& more) {
  const std::string start = "--config tiny.json --output-dir " + run_folder +
                            " train.steps=100000 eval.every_steps=0 checkpoint.every_steps=2 " +
                            more;
  return run("(" + place.command(start) + ") & p=$!; tries=0; until [ \"$(wc -l < " +
             place.at(run_folder) + "/results.csv 2>/dev/null || echo 0)\" -ge 4 ]; do " +
             "tries=$((tries+1)); [ $tries -gt 6000 ] && break; sleep 0.02; done; " + signals +
             " wait $p");
}

std::map<std::string, std::vector<char>> tensors_of(const std::string& checkpoint) {
  const engine::SafetensorsFile file(checkpoint);
  std::map<std::string, std::vector<char>> tensors;
  for (const engine::StoredTensor& t : file.tensors()) {
    std::vector<char>& bytes = tensors[t.name];
    bytes.resize(t.bytes);
    file.read(t, bytes.data());
  }
  return tensors;
}

int64_t step_of(const std::string& checkpoint) {
  const engine::SafetensorsFile file(checkpoint);
  return nlohmann::json::parse(file.metadata().at("state")).at("step");
}

std::vector<Row> results_of(const std::string& run) {
  std::istringstream lines(text_of(run + "/results.csv"));
  std::string line;
  std::getline(lines, line);
  const std::vector<std::string> header = cells_of(line);
  std::vector<Row> rows;
  while (std::getline(lines, line)) {
    Row& row = rows.emplace_back();
    const std::vector<std::string> cells = cells_of(line);
    for (size_t i = 0; i < cells.size() && i < header.size(); ++i)
      if (header[i] != "images_per_second") row[header[i]] = cells[i];
  }
  return rows;
}

void damage(const std::string& path) {
  std::string bytes = text_of(path);
  bytes.at(bytes.size() / 2) ^= 1;
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary) << bytes;
}

}  // namespace tests
