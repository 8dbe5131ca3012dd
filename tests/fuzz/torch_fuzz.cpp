// Files of torch.save: as given, and as the pickle of an archive whose checksums are right.
#include "engine/formats/weights_file.h"
#include "model/import_weights.h"
#include "tests/fuzz/target.h"
#include "tests/fuzz/tiny_model.h"
#include "tests/support/engine/torch_file.h"

namespace {

struct Weights : tests::ForeignWeights {
  Weights() {
    add("conv1.weight", {2, 3, 7, 7});
    add("bn1.weight", {2});
  }
};

}  // namespace

fuzz::Target fuzz::target() {
  const Weights w;
  const std::string pickle = tests::state_dict_pickle(w, true);
  return {.seeds = {tests::zipped_torch_file(pickle, tests::storages_of(w)),
                    tests::chained_torch_file(pickle, tests::storages_of(w)), pickle},
          .words = {"PK\1\2",
                    "PK\5\6",
                    "data.pkl",
                    "(",
                    ")",
                    "}",
                    "]",
                    "t",
                    "R",
                    "Q",
                    "u",
                    "s",
                    "b",
                    "h\1",
                    "q\1",
                    "K\1",
                    "\x8a\x08",
                    "\x85",
                    "\x86",
                    "\x87",
                    "\x94",
                    "\x93",
                    "ctorch\nFloatStorage\n",
                    "ctorch._utils\n_rebuild_tensor_v2\n"},
          .inputs = 10000};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static fuzz::MemoryFile file;
  static fuzz::TinyModel model;
  static const std::vector<std::string> storages = tests::storages_of(Weights());
  const std::string given(reinterpret_cast<const char*>(data), size);
  for (const std::string& bytes : {given, tests::zipped_torch_file(given, storages)}) {
    const std::string& path = file.hold(bytes);
    fuzz::expect({base::ExitCode::checkpoint}, [&] {
      const auto tensors = engine::open_weights(path);
      for (const engine::StoredTensor& t : tensors->tensors()) {
        if (t.bytes > bytes.size()) throw std::logic_error("a tensor larger than its file");
        fuzz::expect({base::ExitCode::checkpoint}, [&] { tensors->read_doubles(t); });
      }
    });
    fuzz::expect({base::ExitCode::checkpoint},
                 [&] { model::import_weights(*model.backend, path, model.parameters).in_words(); });
  }
  return 0;
}
