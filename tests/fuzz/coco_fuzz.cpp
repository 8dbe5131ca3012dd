#include "data/check/dataset_check.h"
#include "data/check/dataset_stats.h"
#include "data/formats/coco.h"
#include "tests/fuzz/target.h"
#include "tests/support/paths.h"

namespace {

const char* kSmall = R"({"info": {"year": 2017, "x": [1, {"y": null}]},
"images": [{"id": 1, "width": 640, "height": 480, "file_name": "a/b.jpg", "license": 3},
 {"id": -7, "width": 1, "height": 1000000, "file_name": "\u00e4.png"}],
"annotations": [{"id": 1, "image_id": 1, "category_id": 18, "bbox": [10, 20.5, 3e1, 40],
  "area": 1200.25, "iscrowd": 0, "segmentation": [[1, 2, 3, 4, 5, 6]]},
 {"id": 2, "image_id": -7, "category_id": 1, "bbox": [0, 0, 1, 1], "iscrowd": 1,
  "segmentation": {"counts": "abc]\"", "size": [4, 4]}}],
"categories": [{"id": 18, "name": "dog"}, {"id": 1, "name": "person", "keypoints": ["nose"]}]})";

}  // namespace

fuzz::Target fuzz::target() {
  Target t{.seeds = {kSmall, R"({"images": [], "annotations": [], "categories": []})"},
           .words = {"\"images\":",
                     "\"annotations\":",
                     "\"bbox\": [",
                     "\"segmentation\": ",
                     "\"id\": ",
                     "[[[[",
                     "{\"a\": ",
                     "]",
                     "}",
                     ",",
                     "\\u0000",
                     "\\ud800",
                     "\xff",
                     "null",
                     "true",
                     "../",
                     "\"file_name\": \"/etc/passwd\"",
                     "1e999",
                     "\"",
                     "\n"},
           .inputs = 10000};
  const std::filesystem::path shared = tests::shared_data();
  if (!shared.empty()) {  // its head: most of it is more of the same
    const std::string file = file_bytes((shared / "bccd/annotations/instances_val.json").string());
    t.seeds.push_back(file.substr(0, 20000));
  }
  return t;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static fuzz::MemoryFile file;
  const std::string& path = file.hold({reinterpret_cast<const char*>(data), size});
  const auto use = [](const data::Dataset& set) {
    data::Problems problems;
    data::check_labels(set, problems);
    data::compute_stats(set);
  };
  fuzz::expect({base::ExitCode::data}, [&] { use(data::load_coco(path, "images")); });
  data::Problems problems;
  fuzz::expect({base::ExitCode::data},
               [&] { use(data::load_coco(path, "images", {.problems = &problems})); });
  return 0;
}
