// Shards of records: as given, and once more with right checksums.
#include <algorithm>
#include <cstring>

#include "data/formats/tf_dataset.h"
#include "data/formats/tf_example.h"
#include "data/formats/tfrecord.h"
#include "engine/base/record_crc.h"
#include "tests/fuzz/target.h"
#include "tests/support/paths.h"

namespace {

constexpr size_t kHead = 12, kTail = 4;  // length and its checksum; checksum of the payload

// Lengths stay as hostile as they were.
std::string with_checksums(std::string bytes) {
  for (size_t at = 0; at + kHead <= bytes.size();) {
    uint64_t length;
    std::memcpy(&length, bytes.data() + at, sizeof length);
    const uint32_t sum = base::record_crc({bytes.data() + at, sizeof length});
    std::memcpy(bytes.data() + at + sizeof length, &sum, sizeof sum);
    at += kHead;
    if (length > bytes.size() - at || bytes.size() - at - length < kTail) break;
    const uint32_t payload = base::record_crc({bytes.data() + at, length});
    std::memcpy(bytes.data() + at + length, &payload, sizeof payload);
    at += length + kTail;
  }
  return bytes;
}

}  // namespace

fuzz::Target fuzz::target() {
  data::TfExample example{.height = 4,
                          .width = 6,
                          .filename = "a.jpg",
                          .source_id = "17",
                          .sha256 = "0123",
                          .encoded = "\xff\xd8",
                          .format = "jpeg"};
  example.xmin = {0, 0.5f}, example.xmax = {1, 0.75f};
  example.ymin = {0, 0.25f}, example.ymax = {0.5f, 1};
  example.class_text = {"person", "dog"};
  example.is_crowd = {0, 1}, example.area = {12, 2.5f};
  const tests::TemporaryFolder folder;
  const std::string path = folder.path() / "seed";
  data::RecordWriter writer(path);
  writer.add(data::serialize_example(example));
  writer.add("");
  example.source_id = "18", example.class_text = {}, example.class_label = {1, 18};
  writer.add(data::serialize_example(example));
  writer.finish();
  data::RecordWriter single((folder.path() / "one").string());
  single.add(data::serialize_example(data::TfExample{.height = 1, .width = 1, .encoded = "x"}));
  single.finish();
  return {.seeds = {file_bytes(path), file_bytes((folder.path() / "one").string())},
          .words = {"image/height", "image/encoded", "image/object/bbox/xmin", "\x0a", "\x12",
                    "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "\x0b\x0b\x0b", "person"},
          .inputs = 20000};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static fuzz::MemoryFile file;
  const std::string given(reinterpret_cast<const char*>(data), size);
  for (const std::string& bytes : {given, with_checksums(given)})
    fuzz::expect({base::ExitCode::data}, [&] {
      data::load_tfrecords({file.hold(bytes)}, data::coco_label_map(), {.threads = 1});
    });
  return 0;
}
