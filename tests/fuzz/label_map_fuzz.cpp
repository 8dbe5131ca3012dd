#include "data/formats/label_map.h"

#include "tests/fuzz/target.h"

fuzz::Target fuzz::target() {
  return {.seeds = {"# map\nitem {\n  name: \"/m/01g317\"\n  id: 1\n  display_name: \"person\"\n}\n"
                    "item { id: 0x12 name: 'd\\'og' keypoints { id: 3 label: \"x\" } }\n",
                    "item{name:'a'id:1}item{id:2;name:'b',display_name:'\\303\\244'}"},
          .words = {"item {", "}",   "name:", "id:", "display_name:",
                    "'",      "\"",  "\\",    "\\x", "\\777",
                    "#",      "{",   "[",     "]",   "<",
                    ">",      ":",   ";",     ",",   "-",
                    "\n",     "1e3", "0x"},
          .inputs = 50000};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::expect({base::ExitCode::data}, [&] {
    const data::LabelMap map = data::parse_label_map(text, "fuzz.pbtxt");
    for (const data::Label& label : map.labels())
      if (label.id < 1) throw std::logic_error("an id below 1");
    map.categories();
  });
  return 0;
}
