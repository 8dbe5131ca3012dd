#include "data/formats/tf_example.h"

#include "tests/fuzz/target.h"

fuzz::Target fuzz::target() {
  data::TfExample example{.height = 480,
                          .width = 640,
                          .filename = "a.jpg",
                          .source_id = "17",
                          .sha256 = "0123",
                          .encoded = "picture",
                          .format = "jpeg"};
  example.xmin = {0, 0.5f}, example.xmax = {1, 0.75f};
  example.ymin = {0, 0.25f}, example.ymax = {0.5f, 1};
  example.class_text = {"person", "dog"};
  example.is_crowd = {0, 1}, example.area = {12, 2.5f};
  Target t{.seeds = {data::serialize_example(example), data::serialize_example({})},
           .words = {"image/height", "image/object/bbox/xmin", "image/object/class/label",
                     "image/object/weight", "\x0a", "\x12", "\x1a", "\x0b", "\x0c",
                     "\xff\xff\xff\xff\x0f", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
                     "\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"},
           .inputs = 50000};
  return t;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  fuzz::expect({base::ExitCode::data}, [&] {
    // What was read is written and read again.
    const std::string bytes = data::serialize_example(data::parse_example(message, "fuzz"));
    if (data::serialize_example(data::parse_example(bytes, "again")) != bytes)
      throw std::logic_error("an example does not survive being written");
  });
  return 0;
}
