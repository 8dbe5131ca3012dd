#include "data/metrics/detections.h"
#include "tests/fuzz/target.h"

fuzz::Target fuzz::target() {
  return {.seeds = {R"([{"image_id": 1, "category_id": 18, "bbox": [1, 2.5, 3, 4e1], "score": 0.9},
 {"score": 1, "bbox": [0, 0, -1, 0], "category_id": 2.0, "image_id": 7, "area": [{"x": null}],
  "segmentation": {"counts": "abc", "size": [1, 2]}}])",
                    "[]",
                    R"({"image_id": 1, "detections": [{"category_id": 18, "bbox": [1, 2, 3, 4],)"
                    R"( "score": 0.5, "x": [{}, null, true, "a"]}]})"
                    "\n{\"image_id\": 7, \"error\": \"no JPEG\"}\n",
                    R"([{"image_id": 1, "category_id": 99, "bbox": [1,1,1,1], "score": 0}])"},
          .words = {"\"bbox\": [", "\n", "\"detections\": [",
                    "\"score\": ", "\"image_id\": ", "\"segmentation\": ", "[[[[", "{", "}", "]",
                    ",", "NaN", "1e999", "\\ud800", "\xff", "\""},
          .inputs = 20000};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static fuzz::MemoryFile file;
  static const data::Dataset truth{.categories = {{18, "dog"}, {2, "cat"}},
                                   .images = {{.id = 1}, {.id = 7}}};
  const std::string& path = file.hold({reinterpret_cast<const char*>(data), size});
  fuzz::expect({base::ExitCode::data}, [&] { data::load_detections(path, truth); });
  return 0;
}
