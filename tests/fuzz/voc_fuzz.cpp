#include "data/formats/voc.h"

#include "tests/fuzz/target.h"
#include "tests/support/paths.h"

namespace {

const std::string kPlain =
    "<annotation><filename>b.png</filename><size><width>1</width><height>1</height></size>"
    "</annotation>";

std::string utf16(const std::string& ascii) {
  std::string text = "\xff\xfe";
  for (char c : ascii) text += std::string{c, 0};
  return text;
}

}  // namespace

fuzz::Target fuzz::target() {
  return {.seeds = {R"(<?xml version="1.0"?>
<!DOCTYPE annotation>
<annotation><folder>x</folder><filename>a.jpg</filename><!-- c --><size><width>500</width>
<height>375</height><depth>3</depth></size><segmented>0</segmented>
<object><name>dog &amp; cat</name><pose>Left</pose><difficult>0</difficult>
<bndbox><xmin>8</xmin><ymin>12.5</ymin><xmax>352</xmax><ymax>498</ymax></bndbox></object>
<object><name>person</name><part><name>head</name><bndbox><xmin>1</xmin></bndbox></part>
<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></object></annotation>)",
                    kPlain, utf16(kPlain),
                    "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n" + kPlain,
                    "<?xml version=\"1.0\" encoding=\"gbk\"?>\n<a>\xc3\xa8\xbd\xc5</a>\n" + kPlain},
          .words = {"<",
                    ">",
                    "</",
                    "/>",
                    "<object>",
                    "</object>",
                    "<bndbox>",
                    "<!--",
                    "-->",
                    "<![CDATA[",
                    "]]>",
                    "<!DOCTYPE a [",
                    "<!ENTITY x \"y\">",
                    "&x;",
                    "&#0;",
                    "&#x110000;",
                    "&lt;",
                    "<?",
                    "?>",
                    "\"",
                    "=",
                    "../"},
          .inputs = 20000};
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const tests::TemporaryFolder folder;
  static fuzz::MemoryFile file;
  static const std::string link = file.link(folder.path() / "a.xml");
  file.hold({reinterpret_cast<const char*>(data), size});
  for (const std::vector<std::string>& names : {std::vector<std::string>{}, {"person", "dog"}})
    fuzz::expect({base::ExitCode::data}, [&] { data::load_voc(folder.path(), "images", names); });
  return 0;
}
