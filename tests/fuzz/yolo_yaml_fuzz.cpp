#include "data/formats/yolo_yaml.h"

#include "tests/fuzz/target.h"

fuzz::Target fuzz::target() {
  return {.seeds = {"path: ../set\ntrain: images/train\nval: images/val  # c\ntest:\nnc: 2\n"
                    "names: ['cat', \"dog\"]\n",
                    "names:\n  0: cat\n  1: dog\ntrain:\n  - a\n  - b.txt\n",
                    "names: {1: b, 0: a}\ndownload: |\n  a & *b\n  c\n", "---\nnames: [a]\n...\n"},
          .words = {":",
                    ": ",
                    "- ",
                    "[",
                    "]",
                    "{",
                    "}",
                    ",",
                    "&a ",
                    "*a",
                    "<<: ",
                    "|",
                    ">",
                    "\n",
                    "? ",
                    "!!",
                    "!<",
                    "%YAML 1.2\n",
                    "---\n",
                    "\"",
                    "'",
                    "\\x",
                    "~",
                    "names:",
                    "\t",
                    "#",
                    "[[[[[[[[[[[[[[[[",
                    "\xef\xbb\xbf",
                    "\xff"},
          .inputs = 10000};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::expect({base::ExitCode::data}, [&] { data::parse_yolo_yaml(text, "data.yaml"); });
  return 0;
}
