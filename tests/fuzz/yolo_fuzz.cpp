// A file of labels; behind a NUL byte the file of class names.
#include "data/formats/class_names.h"
#include "data/formats/yolo.h"
#include "data/formats/yolo_line.h"

#include "data/image/image_file.h"
#include "tests/fuzz/target.h"
#include "tests/support/paths.h"
#include "tests/support/picture.h"

using namespace std::string_literals;

namespace {

struct Folder {
  tests::TemporaryFolder root;
  Folder() { data::write_image(root.path() / "a.png", tests::picture(20, 10)); }
};

}  // namespace

fuzz::Target fuzz::target() {
  return {.seeds = {"0 0.5 0.5 0.25 1\n1 .1 .2 .1 .1\n\0cat\ndog\n"s,
                    "1 0.1 0.1 0.9 0.1 0.9 0.9\r\n\0a\nb"s,
                    "1 0.5 0.2 0.5 0.2 0.3 0.1 0.7 0.3\n\0a\nb"s},
          .words = {" ", "\n", "\t", "\r\n", "nan", "inf", "-", "1e30", "0x1p3", "1e-400", "9", ".",
                    "\xef\xbb\xbf"},
          .inputs = 20000};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Folder folder;
  static fuzz::MemoryFile labels, names_file;
  static const std::string link = labels.link(folder.root.path() / "a.txt");
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(bytes.find('\0'), bytes.size());
  labels.hold(bytes.substr(0, end));
  fuzz::expect({base::ExitCode::data}, [&] {
    const std::string_view names = bytes.substr(std::min(end + 1, bytes.size()));
    data::read_class_names(names_file.hold(names));
  });
  fuzz::expect({base::ExitCode::data}, [&] {
    const data::YoloLineRules with_keypoints{.classes = 2, .keypoint_numbers = 4};
    data::parse_yolo_line(bytes.substr(0, bytes.find('\n')), with_keypoints, "a.txt:1");
  });
  fuzz::expect({base::ExitCode::data}, [&] {
    data::load_yolo(folder.root.path(), folder.root.path(), {"cat", "dog"});
  });
  return 0;
}
