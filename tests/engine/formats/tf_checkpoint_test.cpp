// What may be wrong in a checkpoint of TensorFlow whose checksums are right.
#include "engine/formats/tf_checkpoint.h"

#include <protozero/pbf_writer.hpp>

#include "engine/base/error.h"
#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/engine/tf_checkpoint.h"

using Catch::Contains;
using protozero::pbf_writer;
using tests::TableEntries;

namespace {

class CheckpointOfBytes {
 private:
  tests::TemporaryFolder folder_;

 public:
  const std::string index = (folder_.path() / "m.index").string();

  // Opens such a table, and reads every tensor.
  std::string error_of(const std::string& table, const std::string& data = "") const {
    base::write_file(index, table);
    base::write_file((folder_.path() / "m.data-00000-of-00001").string(), data);
    try {
      const auto file = engine::open_tf_checkpoint(index);
      for (const engine::StoredTensor& t : file->tensors()) file->read_floats(t);
    } catch (const base::Error& e) {
      CHECK(e.code() == base::ExitCode::checkpoint);
      return e.what();
    }
    return "no error";
  }
  std::string error_of(const TableEntries& entries, const std::string& data = "") const {
    return error_of(tests::table_file(entries, 1000), data);
  }
};

std::string header(int shards = 1, int endianness = 0) {
  std::string message;
  pbf_writer writer(message);
  writer.add_int32(1, shards);
  if (endianness) writer.add_enum(2, endianness);
  return message;
}

struct Entry {
  int dtype = 1, part = 0;
  std::vector<int64_t> shape{2};
  int64_t offset = 0, bytes = 8;
  bool partitioned = false;
};

std::string message_of(const Entry& e) {
  std::string message, shape;
  pbf_writer shape_writer(shape);
  for (int64_t side : e.shape) {
    pbf_writer dim(shape_writer, 2);
    dim.add_int64(1, side);
  }
  pbf_writer writer(message);
  writer.add_enum(1, e.dtype);
  writer.add_message(2, shape);
  writer.add_int32(3, e.part);
  writer.add_int64(4, e.offset);
  writer.add_int64(5, e.bytes);
  if (e.partitioned) writer.add_message(7, std::string());
  return message;
}

}  // namespace

TEST_CASE("TensorFlow V2: entries that do not fit their data") {
  const CheckpointOfBytes place;
  const std::string data(16, '\0');
  const std::vector<int64_t> high(9, 1);
  for (const auto& [entry, words] :
       {std::pair(Entry{.bytes = 12}, "'a' has 12 bytes, which do not fit its shape"),
        {Entry{.bytes = -8}, "do not fit its shape"},
        {Entry{.shape = {-2}}, "do not fit its shape"},
        {Entry{.shape = {int64_t(1) << 40, int64_t(1) << 40}, .bytes = 0}, "do not fit its shape"},
        {Entry{.shape = high, .bytes = 4}, "do not fit its shape"},
        {Entry{.shape = {int64_t(1) << 30}, .bytes = int64_t(1) << 32}, "do not fit its shape"},
        {Entry{.offset = 12}, "'a' lies beyond the end of"},
        {Entry{.offset = -1}, "'a' lies beyond the end of"},
        {Entry{.part = 1}, "'a' is in data file 1 of 1"},
        {Entry{.part = -1}, "'a' is in data file -1 of 1"},
        {Entry{.partitioned = true}, "'a' is partitioned"},
        {Entry{.dtype = 9, .bytes = 16}, "has dtype I64, expected a floating-point type"},
        {Entry{.dtype = 7}, "has dtype DataType 7, expected a floating-point type"},
        {Entry{}, "the checksum of 'a' does not match"}}) {
    INFO(words);
    CHECK_THAT(place.error_of({{"", header()}, {"a", message_of(entry)}}, data), Contains(words));
  }
}

TEST_CASE("TensorFlow V2: headers that are not read") {
  const CheckpointOfBytes place;
  CHECK_THAT(place.error_of({{"", header(0)}}), Contains("0 data files, expected 1 to 64"));
  CHECK_THAT(place.error_of({{"", header(-1)}}), Contains("-1 data files"));
  CHECK_THAT(place.error_of({{"", header(65)}}), Contains("65 data files"));
  CHECK_THAT(place.error_of({{"", header(2)}}), Contains("m.data-00000-of-00002: cannot open"));
  CHECK_THAT(place.error_of({{"", header(1, 1)}}), Contains("big endian"));
  CHECK_THAT(place.error_of(TableEntries{}), Contains("the record that describes the others"));
  CHECK_THAT(place.error_of({{"a", header()}}), Contains("the record that describes the others"));
  CHECK_THAT(place.error_of({{"", "\x08"}}), Contains("cut off"));
  CHECK_THAT(place.error_of({{"", header()}, {"a", "\x12\x7f"}}), Contains("cut off"));
}

TEST_CASE("TensorFlow: tables that contradict themselves") {
  const CheckpointOfBytes place;
  const std::string first = tests::table_block({{"", header()}});
  CHECK(place.error_of(tests::table_file({first})) == "no error");
  CHECK_THAT(place.error_of(tests::table_file({first}, 1)), Contains("Snappy"));
  CHECK_THAT(place.error_of(tests::table_file({first}, 2)), Contains("an unknown compression"));
  CHECK_THAT(place.error_of({{"", header()}, {"b", ""}, {"a", ""}}), Contains("not in order"));
  CHECK_THAT(place.error_of({{"", header()}, {"a", message_of({})}, {"a", ""}}, "12345678"),
             Contains("not in order"));
  for (const std::string& block :
       {std::string("\5\1\1"), std::string("\0\x7f\0\0\0\0\0", 7), std::string("\1\0\0\0\0\0\0", 7),
        std::string(4, '\xff'), std::string("\0\0\x7f\0\0\0\0", 7)})
    CHECK_THAT(place.error_of(tests::table_file({block})), Contains("damaged TensorFlow"));
  std::string moved = tests::table_file({first});
  moved[moved.size() - 46] ^= 1;  // where the index is said to lie
  CHECK_THAT(place.error_of(moved), Contains("damaged TensorFlow checkpoint"));
  CHECK_THAT(place.error_of(moved.substr(moved.size() - 47)), Contains("only 47 bytes"));
}

TEST_CASE("TensorFlow V1: values that do not fit their description") {
  const CheckpointOfBytes place;
  tests::ForeignWeights w;
  w.add("a", {2, 3});
  w.add("b", {4});
  const TableEntries sound = tests::v1_entries(w);
  CHECK(place.error_of(sound) == "no error");
  TableEntries entries = sound;
  entries.pop_back();
  CHECK_THAT(place.error_of(entries), Contains("the values of 'b' are missing"));
  w.add("b", {5});
  const TableEntries other = tests::v1_entries(w);
  CHECK_THAT(place.error_of({sound[0], sound[1], other[2]}),
             Contains("'b' has 20 bytes, which do not fit its shape"));
  CHECK_THAT(place.error_of({sound[0], sound[1], sound[2], {"z", other[2].second}}),
             Contains("do not fit its shape"));
  entries = sound;
  entries[0].second += sound[0].second;
  CHECK_THAT(place.error_of(entries), Contains("'a' is described twice"));
  w.add("c", {1});
  CHECK_THAT(place.error_of({sound[0], sound[1], sound[2], tests::v1_entries(w)[3]}),
             Contains("values of a tensor that is not described"));
}
