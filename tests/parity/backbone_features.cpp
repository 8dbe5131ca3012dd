// backbone_features CHECKPOINT PICTURE OUT: see tests/support/tools/backbone_features.h. Writes the
// maps as tensors c3, c4 and c5. For tests/peers/torch_features.py.
#include "tests/support/tools/backbone_features.h"

#include <iostream>

#include "engine/safetensors.h"
#include "tools/run/model_file.h"

namespace {

void write_features(const std::string& checkpoint, const std::string& picture,
                    const std::string& out) {
  const std::vector<tests::FeatureMap> maps =
      tests::backbone_features(checkpoint, run::ModelFile(checkpoint).config(), picture);
  std::vector<engine::TensorToStore> tensors;
  for (size_t i = 0; i < maps.size(); ++i)
    tensors.push_back({"c" + std::to_string(i + 3), maps[i].shape, "F64",
                       reinterpret_cast<const char*>(maps[i].values.data())});
  engine::write_safetensors(out, tensors, {});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: backbone_features CHECKPOINT PICTURE OUT\n";
    return 2;
  }
  try {
    write_features(argv[1], argv[2], argv[3]);
    return 0;
  } catch (const std::exception& e) {
    std::cerr << "backbone_features: " << e.what() << "\n";
    return 1;
  }
}
