// Files of torch.save: both forms, and what may be wrong in them.
#include "engine/formats/torch_file.h"

#include "engine/base/error.h"
#include "engine/base/write_file.h"
#include "engine/formats/weights_file.h"
#include "tests/support/catch.h"
#include "tests/support/engine/torch_file.h"

using Catch::Contains;
using tests::PickleText;

namespace {

class FileOfBytes {
 private:
  tests::TemporaryFolder folder_;

 public:
  const std::string path = (folder_.path() / "m.pth").string();

  std::unique_ptr<engine::TensorFile> open(const std::string& bytes) const {
    base::write_file(path, bytes);
    return engine::open_weights(path);
  }
  // Opens the file, and reads every tensor.
  std::string error_of(const std::string& bytes) const {
    try {
      const auto file = open(bytes);
      for (const engine::StoredTensor& t : file->tensors()) file->read_floats(t);
    } catch (const base::Error& e) {
      CHECK(e.code() == base::ExitCode::checkpoint);
      CHECK_THAT(e.what(), Contains(path + ": ") && !Contains("\n"));
      return e.what();
    }
    return "no error";
  }
};

std::string floats(const std::vector<float>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

// {"w": a tensor of that layout in the storage 0}
std::string one_tensor(const std::vector<int64_t>& shape, const std::vector<int64_t>& strides,
                       int64_t first = 0, const std::string& storage = "FloatStorage") {
  return PickleText()
      .raw("}")
      .text("w")
      .tensor(storage, "0", 6, first, shape, strides)
      .raw("s")
      .done();
}

}  // namespace

TEST_CASE("PyTorch: tensors of a state dict, alone and in a larger dictionary") {
  const FileOfBytes place;
  tests::ForeignWeights w;
  w.add("layer1.0.conv1.weight", {2, 3, 1, 1});
  w.add("bn1.weight", {5});
  w.add("scalar", {});
  for (const bool wrapped : {false, true})
    for (const bool zipped : {false, true}) {
      CAPTURE(wrapped, zipped);
      const std::string pickle = tests::state_dict_pickle(w, wrapped);
      const auto file =
          place.open(zipped ? tests::zipped_torch_file(pickle, tests::storages_of(w))
                            : tests::chained_torch_file(pickle, tests::storages_of(w)));
      REQUIRE(file->tensors().size() == 3);
      size_t i = 0;
      for (const auto& [name, tensor] : w.tensors) {
        const engine::StoredTensor& t = file->tensors()[i++];
        CHECK(t.name == (wrapped ? "state_dict." : "") + name);
        CHECK(t.shape == tensor.first);
        CHECK(file->read_floats(t) == tensor.second);
      }
    }
}

TEST_CASE("PyTorch: tensors that are views of a storage") {
  const FileOfBytes place;
  const std::vector<std::string> storage{floats({0, 1, 2, 3, 4, 5})};
  using Floats = std::vector<float>;
  for (const auto& [pickle, values] :
       {std::pair(one_tensor({2, 3}, {3, 1}), Floats{0, 1, 2, 3, 4, 5}),
        {one_tensor({3, 2}, {1, 3}), Floats{0, 3, 1, 4, 2, 5}},
        {one_tensor({2, 2}, {3, 1}, 1), Floats{1, 2, 4, 5}},
        {one_tensor({1}, {1}, 5), Floats{5}},
        {one_tensor({0, 4}, {4, 1}), Floats{}}}) {
    const auto file = place.open(tests::zipped_torch_file(pickle, storage));
    CHECK(file->read_floats(file->tensors().at(0)) == values);
  }
}

TEST_CASE("PyTorch: half types and doubles are converted; integers are no weights") {
  const FileOfBytes place;
  for (const auto& [storage, dtype, bytes] : {std::tuple("HalfStorage", "F16", 2),
                                              {"BFloat16Storage", "BF16", 2},
                                              {"DoubleStorage", "F64", 8},
                                              {"LongStorage", "I64", 8},
                                              {"BoolStorage", "BOOL", 1}}) {
    INFO(storage);
    const std::string file = tests::zipped_torch_file(one_tensor({2, 3}, {3, 1}, 0, storage),
                                                      {std::string(size_t(6 * bytes), '\0')});
    CHECK(place.open(file)->tensors().at(0).dtype == dtype);
    const bool weights = std::string(dtype).find('F') != std::string::npos;
    CHECK((place.error_of(file) == "no error") == weights);
  }
}

TEST_CASE("PyTorch: tensors that do not fit their storage are refused before memory is taken") {
  const FileOfBytes place;
  const std::vector<std::string> storage{floats({0, 1, 2, 3, 4, 5})};
  const int64_t huge = int64_t(1) << 31;
  for (const std::string& pickle :
       {one_tensor({7}, {1}), one_tensor({2, 3}, {4, 1}), one_tensor({6}, {1}, 1),
        one_tensor({1000000}, {0}), one_tensor({2}, {huge * huge}),
        one_tensor({huge, huge}, {1, 1}), one_tensor({6}, {}), one_tensor({6}, {1}, -1),
        one_tensor({2}, {1}, int64_t(1) << 62)}) {
    CHECK_THAT(place.error_of(tests::zipped_torch_file(pickle, storage)),
               Contains("'w' does not fit its storage of 6 elements"));
    CHECK_THAT(place.error_of(tests::chained_torch_file(pickle, storage)),
               Contains("'w' does not fit its storage of 6 elements"));
  }
  CHECK_THAT(place.error_of(tests::zipped_torch_file(one_tensor({-1}, {1}), storage)),
             Contains("a side that is no count"));
  CHECK_THAT(place.error_of(tests::zipped_torch_file(one_tensor({1}, {1}), {})),
             Contains("the values of 'w' are missing"));
  CHECK_THAT(place.error_of(tests::zipped_torch_file(
                 one_tensor(std::vector<int64_t>(9, 1), std::vector<int64_t>(9, 1)), storage)),
             Contains("up to 8 numbers"));
}

TEST_CASE("PyTorch: what a pickle would execute is refused by name") {
  const FileOfBytes place;
  auto error_of = [&](const std::string& pickle) {
    return place.error_of(tests::zipped_torch_file(pickle, {}));
  };
  for (const auto& [module, name] : {std::pair("os", "system"),
                                     {"builtins", "eval"},
                                     {"torch", "load"},
                                     {"posix", "system"},
                                     {"numpy.core.multiarray", "_reconstruct"},
                                     {"__main__", "Model"}})
    CHECK_THAT(error_of(PickleText().name(module, name).raw("(").text("ls").raw("tR").done()),
               Contains(std::string("it holds ") + module + "." + name) &&
                   Contains("save model.state_dict() alone"));
  for (const std::string& opcodes :
       {std::string("(ios\nsystem\n"), std::string("(o"), std::string("\x82\1"),
        std::string("\x81"), std::string("P0\n"), std::string("\x92"), std::string("I1\n"),
        std::string("?")})
    CHECK_THAT(error_of(PickleText().raw(opcodes).done()), Contains("it uses opcode"));
  const std::string stacked = PickleText().text("os").text("system").raw("\x93").done();
  CHECK_THAT(error_of(stacked), Contains("it holds os.system"));
}

TEST_CASE("PyTorch: pickles that are damaged") {
  const FileOfBytes place;
  auto error_of = [&](const std::string& pickle) {
    return place.error_of(tests::zipped_torch_file(pickle, {}));
  };
  for (const auto& [pickle, words] :
       {std::pair(std::string(), "it is cut off"),
        {std::string("\x80\x02"), "it is cut off"},
        {std::string("\x80\x07."), "of protocol 7"},
        {std::string("\x80\x02."), "its stack is too short"},
        {std::string("\x80\x02s."), "its stack is too short"},
        {std::string("\x80\x02u."), "a mark is missing"},
        {std::string("\x80\x02NNNs."), "adds to what is no collection"},
        {std::string("\x80\x02}(Nu."), "adds to what is no collection"},
        {std::string("\x80\x02h\5."), "recalls what it has not stored"},
        {std::string("\x80\x02X\xff\xff\xff\xff."), "it is cut off"},
        {std::string("\x80\x02NNR."), "calls what is no function"}})
    CHECK_THAT(error_of(pickle), Contains(words));
  CHECK_THAT(error_of("\x80\x02" + std::string(1'000'001, 'N') + "."),
             Contains("more than 1000000 values"));
  // A dictionary that holds itself, and a collection that grows with each copy.
  CHECK_THAT(error_of(PickleText().raw("}q\1").text("a").raw("h\1s").done()),
             Contains("too many dictionaries in each other"));
  std::string copies = "\x80\x02(" + std::string(2000, 'N') + "tq\1";
  for (int i = 0; i < 1000; ++i) copies += "h\1Q";
  CHECK_THAT(error_of(copies + "."), Contains("more than 1000000 items"));
}

TEST_CASE("PyTorch: a directory of an archive is bounded before memory is taken") {
  const FileOfBytes place;
  constexpr uint32_t kBytes = (64 << 20) + 1;
  const auto file_with = [&](uint32_t directory) {
    std::string end("PK\5\6\0\0\0\0\1\0\1\0", 12);
    end.append(reinterpret_cast<const char*>(&directory), 4);
    end.append(6, '\0');  // the directory begins the file; no comment
    return "PK\3\4" + std::string(kBytes, '\0') + end;
  };
  CHECK_THAT(place.error_of(file_with(kBytes)), Contains("its directory has more than 64 MiB"));
  CHECK_THAT(place.error_of(file_with(kBytes - 1)), Contains("its directory is cut off"));
}

TEST_CASE("PyTorch: archives that are damaged or hold something else") {
  const FileOfBytes place;
  tests::ForeignWeights w;
  w.add("bn1.weight", {5});
  const std::string sound =
      tests::zipped_torch_file(tests::state_dict_pickle(w), tests::storages_of(w));
  REQUIRE(place.error_of(sound) == "no error");
  for (size_t end = 8; end < sound.size(); end += 11)
    CHECK(place.error_of(sound.substr(0, end)) != "no error");
  std::string bytes = sound;
  bytes[sound.find(tests::storages_of(w)[0])] ^= 1;
  CHECK_THAT(place.error_of(bytes), Contains("the checksum of the entry"));
  CHECK_THAT(place.error_of(tests::zip_of({{"a.txt", "x"}})), Contains("without data.pkl"));
  CHECK_THAT(place.error_of(tests::zip_of({{"m/constants.pkl", ""}, {"m/data.pkl", ""}})),
             Contains("a TorchScript program"));
  CHECK_THAT(place.error_of(tests::zip_of({{"m/byteorder", "big"}, {"m/data.pkl", ""}})),
             Contains("big endian"));
  CHECK_THAT(place.error_of(tests::zip_of({{"a", "x"}, {"a", "y"}})), Contains("is there twice"));
  bytes = sound;
  bytes[bytes.find("PK\1\2") + 10] = 8;
  CHECK_THAT(place.error_of(bytes), Contains("is compressed"));
  const std::string chain =
      tests::chained_torch_file(tests::state_dict_pickle(w), tests::storages_of(w));
  REQUIRE(place.error_of(chain) == "no error");
  for (size_t end = 8; end < chain.size(); end += 11)
    CHECK(place.error_of(chain.substr(0, end)) != "no error");
}
