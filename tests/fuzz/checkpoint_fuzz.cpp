// Checkpoints: as given, and once more with the checksum that the bytes then have.
#include "engine/safetensors_checksum.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/tiny_model.h"

namespace {

std::string with_checksum(std::string bytes) {
  const std::string start =
      engine::checksum_field("").substr(0, engine::checksum_field("").size() - 1);
  const size_t field = bytes.find(start), digits = field + start.size();
  if (field == std::string::npos || bytes.size() < digits + engine::kChecksumDigits) return bytes;
  bytes.replace(digits, engine::kChecksumDigits, engine::kChecksumDigits, '0');
  engine::ChecksumState sum;
  sum.add(bytes.data(), bytes.size());
  return bytes.replace(digits, engine::kChecksumDigits, sum.digits());
}

}  // namespace

fuzz::Target fuzz::target() {
  const TinyModel model;
  const std::string bare = "{\"a\":{\"dtype\":\"F16\",\"shape\":[2,1],\"data_offsets\":[0,4]}}";
  const char length = char(bare.size());
  return {
      .seeds = {model.checkpoint(), length + std::string(7, '\0') + bare + std::string(4, '\x3c')},
      .words = {"\"dtype\":\"", "\"shape\":[", "\"data_offsets\":[", "\"__metadata__\":{", "BF16",
                "I64", "{", "}", "[", "]", ",", "\"", "\\u0000", "[[[[[[[[", "18446744073709551615",
                "\\\"step\\\":", "1e300", "-1"},
      .inputs = 4000};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static fuzz::MemoryFile file;
  static fuzz::TinyModel model;
  const std::string given(reinterpret_cast<const char*>(data), size);
  for (const std::string& bytes : {given, with_checksum(given)}) {
    const std::string& path = file.hold(bytes);
    fuzz::expect({base::ExitCode::checkpoint}, [&] {
      const engine::SafetensorsFile tensors(path);
      for (const engine::StoredTensor& t : tensors.tensors()) {
        if (t.shape.size() > 8) throw std::logic_error("a rank above 8");
        fuzz::expect({base::ExitCode::checkpoint}, [&] { tensors.read_floats(t); });
      }
    });
    fuzz::expect({base::ExitCode::checkpoint}, [&] {
      const run::ModelFile checkpoint(path);
      checkpoint.classes().name_of(1);
      checkpoint.state();
      checkpoint.load_training(*model.backend, model.parameters, *model.optimizer);
    });
  }
  return 0;
}
