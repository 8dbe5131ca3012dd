#include "engine/safetensors.h"
#include "tests/support/catch.h"

#include <cstring>
#include <ctime>
#include <numeric>

#include "engine/base/error.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"

using engine::SafetensorsFile, engine::TensorToStore;

namespace {

std::string error_of(const std::filesystem::path& path) {
  try {
    SafetensorsFile file(path);
    return "";
  } catch (const base::Error& e) {
    CHECK(e.code() == base::ExitCode::checkpoint);
    CHECK_THAT(e.what(), Catch::Contains(path.string()));
    CHECK(std::string(e.what()).find('\n') == std::string::npos);
    return e.what();
  }
}

// A file from elsewhere: any header, any data, no checksum.
std::string foreign(const std::string& header, const std::string& data) {
  uint64_t length = header.size();
  std::string text(8, '\0');
  std::memcpy(text.data(), &length, 8);
  return text + header + data;
}

struct Sample {
  tests::TemporaryFolder folder;
  std::string path = (folder.path() / "a.safetensors").string();
  std::vector<float> weights = std::vector<float>(60);
  std::vector<int32_t> steps{7, -8};

  void save(const std::string& note, const std::string& previous = "") {
    std::iota(weights.begin(), weights.end(), 0.5f);
    std::vector<TensorToStore> tensors{{"steps", {2}, "I32", steps.data()},
                                       {"model/w", {3, 4, 5}, "F32", weights.data()},
                                       {"empty", {0, 4}, "F16", nullptr},
                                       {"scalar", {}, "F32", weights.data() + 3}};
    engine::write_safetensors(path, tensors, {{"note", note}}, previous);
  }
};

}  // namespace

TEST_CASE("safetensors: what is written is read") {
  Sample s;
  s.save("tab\t \"quoted\" \xc3\xa9");
  SafetensorsFile file(s.path);
  CHECK(file.has_checksum());
  CHECK(file.metadata().at("note") == "tab\t \"quoted\" \xc3\xa9");
  REQUIRE(file.tensors().size() == 4);
  CHECK(file.find("model/w")->shape == std::vector<int64_t>{3, 4, 5});
  CHECK(file.read_floats(*file.find("model/w")) == s.weights);
  CHECK(file.read_doubles(*file.find("scalar")) == std::vector<double>{3.5});
  CHECK(file.find("empty")->bytes == 0);
  std::vector<int32_t> steps(2);
  file.read(*file.find("steps"), steps.data());
  CHECK(steps == s.steps);
  CHECK(file.find("absent") == nullptr);
  CHECK_THROWS_WITH(file.read_floats(*file.find("steps")), Catch::Contains("I32"));
}

TEST_CASE("safetensors: every flipped byte and every truncation is found") {
  Sample s;
  s.save("x");
  const std::string good = tests::text_of(s.path);
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = char(bad[i] ^ (1 << (i % 8)));
    tests::write_text(s.path, bad);
    INFO("byte " << i);
    CHECK(error_of(s.path) != "");
  }
  for (size_t length = 0; length < good.size(); ++length) {
    tests::write_text(s.path, good.substr(0, length));
    CHECK(error_of(s.path) != "");
  }
  tests::write_text(s.path, good + "tail");
  CHECK(error_of(s.path) != "");
  tests::write_text(s.path, good);
  CHECK(error_of(s.path) == "");
}

TEST_CASE("safetensors: hostile headers are refused before anything is allocated") {
  tests::TemporaryFolder folder;
  auto path = folder.path() / "bad.safetensors";
  const std::string data(16, 'x');
  const std::string ok = R"("a":{"dtype":"F32","shape":[4],"data_offsets":[0,16]})";
  tests::write_text(path, foreign("{" + ok + "}", data));
  CHECK(error_of(path) == "");
  const std::vector<std::string> headers{
      "",
      "[]",
      "{",
      "\xff\xfe",
      "{" + ok + "," + ok,
      "{" + ok + "," + ok + "}",
      "{" + ok + R"(,"__metadata__":{"x":"1","x":"2"}})",
      R"({"a":{"dtype":"F32","dtype":"F32","shape":[4],"data_offsets":[0,16]}})",
      R"({"a":5})",
      R"({"a":{"dtype":"F32","shape":[4]}})",
      R"({"a":{"dtype":"F33","shape":[4],"data_offsets":[0,16]}})",
      R"({"a":{"dtype":"F32","shape":[5],"data_offsets":[0,16]}})",
      R"({"a":{"dtype":"F32","shape":[-4],"data_offsets":[0,16]}})",
      R"({"a":{"dtype":"F32","shape":[4.0],"data_offsets":[0,16]}})",
      R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[16,0]}})",
      R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,16,0]}})",
      R"({"a":{"dtype":"F32","shape":[4],"data_offsets":[0,1e9]}})",
      R"({"a":{"dtype":"F32","shape":[5],"data_offsets":[0,20]}})",
      R"({"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}})",
      R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
      R"("b":{"dtype":"F32","shape":[3],"data_offsets":[4,16]}})",
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
      R"("b":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}})",
      R"({"a":{"dtype":"F32","shape":[4611686018427387905,4],"data_offsets":[0,16]}})",
      R"({"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,4],"data_offsets":[0,16]}})",
      R"({"__metadata__":{"x":1},)" + ok + "}",
      R"({"a":{"dtype":[[[[[[[[[[1]]]]]]]]]],"shape":[4],"data_offsets":[0,16]}})"};
  for (const std::string& header : headers) {
    INFO(header);
    tests::write_text(path, foreign(header, data));
    CHECK(error_of(path) != "");
  }
  std::string huge(8, '\xff');
  tests::write_text(path, huge);
  CHECK_THAT(error_of(path), Catch::Contains("header length"));
  CHECK_THAT(error_of(folder.path() / "absent"), Catch::Contains("cannot open"));
  CHECK_THAT(error_of(folder.path()), Catch::Contains("regular file"));
}

TEST_CASE("safetensors: saving keeps the previous file, and leaves no temporary ones") {
  Sample s;
  std::string previous = (s.folder.path() / "previous.safetensors").string();
  s.save("first", previous);
  s.save("second", previous);
  CHECK(SafetensorsFile(s.path).metadata().at("note") == "second");
  CHECK(SafetensorsFile(previous).metadata().at("note") == "first");
  size_t files = 0;
  for ([[maybe_unused]] auto& entry : std::filesystem::directory_iterator(s.folder.path())) ++files;
  CHECK(files == 2);
}

namespace {

// `count` empty tensors, as a file from elsewhere may have them.
std::string many_tensors(int count) {
  std::string header = "{";
  for (int i = 0; i < count; ++i)
    header += (i ? ",\"t" : "\"t") + std::to_string(i) +
              R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
  return foreign(header + "}", "");
}

// Of this process's CPU time, which other programs of the machine do not lengthen.
double seconds_to_open(const std::filesystem::path& path) {
  const std::clock_t start = std::clock();
  CHECK(error_of(path).empty());
  return double(std::clock() - start) / CLOCKS_PER_SEC;
}

}  // namespace

TEST_CASE("safetensors: a header takes time in proportion to its tensors") {
  tests::TemporaryFolder folder;
  const auto few = folder.path() / "few", many = folder.path() / "many";
  tests::write_text(few, many_tensors(5'000));
  tests::write_text(many, many_tensors(80'000));
  seconds_to_open(few);  // warms up
  // 16 times as many: where each tensor looked at all others, it would be 256 times.
  CHECK(seconds_to_open(many) < 64 * seconds_to_open(few) + 0.05);
  CHECK(SafetensorsFile(many).tensors().size() == 80'000);
}

TEST_CASE("safetensors: too many tensors, deep nesting and keys that occur twice are refused") {
  tests::TemporaryFolder folder;
  const auto path = folder.path() / "a";
  tests::write_text(path, many_tensors(100'002));
  CHECK_THAT(error_of(path), Catch::Contains("more than 100000 tensors"));
  tests::write_text(path, foreign(R"({"a":[[[[[[[[[[[[1]]]]]]]]]]]]})", ""));
  CHECK_THAT(error_of(path), Catch::Contains("too deeply"));
  const std::string tensor = R"({"dtype":"F32","shape":[0],"data_offsets":[0,0]})";
  tests::write_text(
      path, foreign("{\"a\":" + tensor + ",\"b\":" + tensor + ",\"a\":" + tensor + "}", ""));
  CHECK_THAT(error_of(path), Catch::Contains("'a' is in the header twice"));
  tests::write_text(
      path, foreign(R"({"a":{"dtype":"F32","shape":[0],"shape":[0],"data_offsets":[0,0]}})", ""));
  CHECK_THAT(error_of(path), Catch::Contains("'shape' is in the header twice"));
}
