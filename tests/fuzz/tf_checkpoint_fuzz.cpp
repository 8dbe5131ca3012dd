// TensorFlow's checkpoints of both forms: as given, and as the content of a block of a table whose
// checksums are right.
#include <filesystem>

#include "engine/formats/weights_file.h"
#include "model/import_weights.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/tiny_model.h"
#include "tests/support/engine/tf_checkpoint.h"

namespace {

constexpr size_t kDataBytes = 4096;

struct Weights : tests::ForeignWeights {
  Weights() {
    add("resnet_v1_50/conv1/weights", {7, 7, 3, 2});
    add("resnet_v1_50/conv1/BatchNorm/gamma", {2});
    tensors["global_step"] = {{}, {7}};
  }
};

// The names of a V2 checkpoint, of which the index changes.
class Bundle {
 public:
  Bundle() {
    std::string bytes;
    tests::v2_entries(Weights(), bytes);
    bytes.resize(kDataBytes, '\x3c');
    data_.hold(bytes);
    index_.hold("");
    data_.link((folder_.path() / "m.data-00000-of-00001").string());
    index_.link(name_);
  }
  const std::string& with(const std::string& index) {
    index_.hold(index);
    return name_;
  }

 private:
  tests::TemporaryFolder folder_;
  fuzz::MemoryFile index_, data_;
  std::string name_ = (folder_.path() / "m.index").string();
};

}  // namespace

fuzz::Target fuzz::target() {
  std::string data;
  const tests::TableEntries v1 = tests::v1_entries(Weights()),
                            v2 = tests::v2_entries(Weights(), data);
  return {.seeds = {tests::table_file(v1, 100), tests::table_file(v2, 100), tests::table_block(v1),
                    tests::table_block(v2)},
          .words = {"resnet_v1_50/conv1/", "weights", "\x08\x01", "\x12\x04", "\x1a", "\x22",
                    "\x28", "\x35", "\x3a", std::string(4, '\0'), "\xff\xff\xff\xff\x0f"},
          .inputs = 10000};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static Bundle bundle;
  static fuzz::TinyModel model;
  const std::string given(reinterpret_cast<const char*>(data), size);
  for (const std::string& bytes : {given, tests::table_file(std::vector<std::string>{given})}) {
    const std::string& path = bundle.with(bytes);
    fuzz::expect({base::ExitCode::checkpoint}, [&] {
      const auto file = engine::open_weights(path);
      for (const engine::StoredTensor& t : file->tensors()) {
        if (t.bytes > size + kDataBytes) throw std::logic_error("a tensor larger than its file");
        fuzz::expect({base::ExitCode::checkpoint}, [&] { file->read_doubles(t); });
      }
    });
    fuzz::expect({base::ExitCode::checkpoint},
                 [&] { model::import_weights(*model.backend, path, model.parameters).in_words(); });
  }
  return 0;
}
