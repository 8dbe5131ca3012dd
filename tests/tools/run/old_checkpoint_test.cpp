// A checkpoint in the form in which commit 56c2f3d wrote it is trained on. tests/golden has the
// header of such a file: the names and shapes of its tensors, the configuration, the state. Here
// the tensors get other values, so the header has no checksum, and no writer that would owe one.
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/catch.h"
#include "tests/support/tools/training_run.h"

using nlohmann::json;

namespace {

// Values with which the network's outputs are finite.
std::vector<float> values_of(const std::string& name, size_t count) {
  const bool ones = name.ends_with("/gamma") || name.ends_with("/moving_variance");
  std::vector<float> values(count, ones ? 1.f : 0.f);
  if (name.ends_with("/kernel") && name.starts_with("model/"))
    for (size_t i = 0; i < count; ++i) values[i] = 0.05f * float(int(i % 7) - 3);
  return values;
}

void write_checkpoint(const std::string& path, const std::string& header) {
  std::ofstream file(path, std::ios::binary);
  const auto size = uint64_t(header.size());
  file.write(reinterpret_cast<const char*>(&size), sizeof size) << header;
  const auto tensors = nlohmann::ordered_json::parse(header);  // in the order of their bytes
  for (const auto& [name, tensor] : tensors.items()) {
    if (name == "__metadata__") continue;
    const auto range = tensor.at("data_offsets").get<std::vector<size_t>>();
    const std::vector<float> values = values_of(name, (range[1] - range[0]) / sizeof(float));
    file.write(reinterpret_cast<const char*>(values.data()), std::streamsize(range[1] - range[0]));
  }
}

}  // namespace

TEST_CASE("a checkpoint of an earlier version is trained on, with its configuration") {
  const tests::TrainingPlace place(8, 4);
  std::string header =
      tests::text_of((tests::source_dir() / "tests/golden/checkpoint_56c2f3d.json").string());
  header.append((8 - header.size() % 8) % 8, ' ');  // where tensors begin
  write_checkpoint(place.at("old.safetensors"), header);
  std::ofstream(place.at("old.json")) << std::string(json::parse(header)["__metadata__"]["config"]);
  REQUIRE(tests::step_of(place.at("old.safetensors")) == 2);

  const tests::Outcome outcome =
      place.ssdtrain("--config old.json --resume old.safetensors --output-dir new train.steps=4");
  INFO(outcome.err);
  REQUIRE(outcome.exit_code == 0);
  CHECK(tests::step_of(place.at("new/last.safetensors")) == 4);
  // What was frozen keeps its values, the rest has learnt.
  const auto before = tests::tensors_of(place.at("old.safetensors")),
             after = tests::tensors_of(place.at("new/last.safetensors"));
  const std::string frozen = "model/backbone/conv1/kernel", free = "heads/box_predictor/bias";
  for (const auto& [name, bytes] : after) REQUIRE(before.contains(name));
  CHECK(before.size() == after.size());
  CHECK(before.at(frozen) == after.at(frozen));
  CHECK(before.at("model/" + free) != after.at("model/" + free));
  CHECK(before.at("optimizer/momentum/" + free) != after.at("optimizer/momentum/" + free));
}
