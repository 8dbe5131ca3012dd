// Weights from elsewhere: header and tensors of a safetensors file without a checksum.
#include "model/import_weights.h"

#include "tests/fuzz/target.h"
#include "tests/fuzz/tiny_model.h"

namespace {

std::string file_with(const std::string& header, size_t data_bytes) {
  std::string length(8, '\0');
  for (size_t i = 0; i < 4; ++i) length[i] = char(header.size() >> 8 * i);
  return length + header + std::string(data_bytes, '\x3c');
}

}  // namespace

fuzz::Target fuzz::target() {
  return {
      .seeds = {TinyModel().checkpoint(),
                file_with(R"({"backbone.conv1.weight":{"dtype":"F16","shape":[2,3,7,7],)"
                          R"("data_offsets":[0,588]},"bn1.weight":{"dtype":"F32","shape":[2],)"
                          R"("data_offsets":[588,596]},"bn1.running_mean":{"dtype":"F64",)"
                          R"("shape":[2],"data_offsets":[596,612]}})",
                          612),
                file_with(R"({"resnet_v1_50/conv1/weights":{"dtype":"BF16",)"
                          R"("shape":[7,7,3,2],"data_offsets":[0,588]},)"
                          R"("resnet_v1_50/conv1/BatchNorm/gamma":{"dtype":"F32","shape":[2],)"
                          R"("data_offsets":[588,596]}})",
                          596)},
      .words = {"\"dtype\":\"", "\"shape\":[", "\"data_offsets\":[", "module.", "backbone.",
                "conv1.weight", "BatchNorm/gamma", "F32", "F64", "I64", "{", "}", "[", "]", ","},
      .inputs = 4000};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static fuzz::MemoryFile file;
  static fuzz::TinyModel model;
  const std::string& path = file.hold({reinterpret_cast<const char*>(data), size});
  fuzz::expect({base::ExitCode::checkpoint},
               [&] { model::import_weights(*model.backend, path, model.parameters).in_words(); });
  return 0;
}
