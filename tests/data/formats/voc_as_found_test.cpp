// VOC data sets as other tools write them.
#include <filesystem>

#include "data/formats/source.h"
#include "tests/support/catch.h"
#include "tests/support/failure.h"
#include "tests/support/label_folder.h"

using Catch::Contains;
using tests::LabelFolder, tests::voc_file;

namespace {

std::string declared(const std::string& encoding, const std::string& name) {
  return "<?xml version=\"1.0\" encoding=\"" + encoding + "\"?>\n" +
         voc_file({.filename = "a.jpg", .name = name});
}

}  // namespace

TEST_CASE("VOC: names in the encodings of older tools") {
  const LabelFolder f;
  f.image("images/a.jpg");
  const auto name = [&](const std::string& encoding, const std::string& bytes) {
    f.text("xml/a.xml", declared(encoding, bytes));
    return f.read_voc().categories.at(0).name;
  };
  CHECK(name("gbk", "\xc3\xa8\xbd\xc5") == "猫脚");
  CHECK(name("GB2312", "\xc3\xa8\xbd\xc5") == "猫脚");
  CHECK(name("Shift_JIS", "\x94\x4c") == "猫");
  CHECK(name("big5", "\xbf\xdf") == "貓");
  CHECK(name("windows-1251", "\xea\xee\xf2") == "кот");
  CHECK(name("ISO-8859-15", "\xa4") == "€");
  CHECK(name("KOI8-R", "\xcb\xcf\xd4") == "кот");
}

TEST_CASE("VOC: bytes that are UTF-8 although the file declares another encoding") {
  const LabelFolder f;
  f.image("images/a.jpg");
  const auto check = [&](const std::string& encoding, const std::string& bytes,
                         const std::string& name, const std::string& told) {
    INFO(encoding << " " << name);
    f.text("xml/a.xml", declared(encoding, bytes));
    const data::Dataset set = f.read_voc();
    CHECK(set.categories.at(0).name == name);
    if (told.empty())
      CHECK_THAT(set.notes.at(0), !Contains("UTF-8"));
    else
      CHECK_THAT(set.notes.at(0), Contains("; 1 file " + told) &&
                                      Contains("(the first: " + f.at("xml/a.xml") + ")"));
  };
  // The letter for "cat" in GBK is an e with an accent in UTF-8.
  check("gbk", "\xc3\xa8", "猫", "read in the encoding that is declared, but could be UTF-8");
  check("EUC-KR", "\xc4\xa1", "치", "read in the encoding that is declared, but could be");
  for (const char* other : {"gbk", "Shift_JIS", "windows-1251", "ISO-8859-1", "us-ascii"})
    check(other, "狗", "狗", "declared in another encoding, but UTF-8, and read so");
  check("windows-1251", "кот", "кот", "declared in another encoding, but UTF-8");
  check("EUC-JP", "\xdf\xbf\xc2\x80", "\xdf\xbf\xc2\x80", "declared in another encoding");
  check("utf-8", "狗", "狗", "");
  check("gbk", "cat", "cat", "");
  check("gbk", "\xc3\xa8\xbd\xc5", "猫脚", "");
  check("ISO-8859-1", "\xe8", "è", "");
}

TEST_CASE("VOC: encodings that do not fit, or are not read, are refused") {
  const LabelFolder f;
  f.image("images/a.jpg");
  const auto refused = [&](const std::string& text) {
    f.text("xml/a.xml", text);
    return tests::failure([&] { f.read_voc(); });
  };
  CHECK_THAT(refused(declared("gbk", "\xff")), Contains("a.xml:2: a letter that is not of") &&
                                                   Contains("GBK") && Contains("save it as UTF-8"));
  for (const char* unknown : {"ISO-2022-KR", "UTF-7", "nonsense", ""}) {
    INFO(unknown);
    CHECK_THAT(refused(declared(unknown, "\xff\xfe")), Contains("not UTF-8"));
  }
  CHECK_THAT(refused("<?xml version='1.0' encoding='gbk\n<a>\xff</a>"), Contains("not UTF-8"));
}

TEST_CASE("VOC: a list may name pictures or XML files in place of names without an ending") {
  const LabelFolder f;
  f.image("set/JPEGImages/a.b.jpg");
  f.image("set/JPEGImages/c.png");
  for (const char* name : {"a.b.jpg", "c.png"})
    f.text("set/Annotations/" + std::filesystem::path(name).replace_extension(".xml").string(),
           voc_file({.filename = name}));
  const auto images = [&](const std::string& list) {
    f.text("set/ImageSets/Main/train.txt", list);
    return data::open({.voc = f.at("set")}).images.size();
  };
  CHECK(images("a.b\nc\n") == 2);
  CHECK(images("a.b.jpg\r\nc.PNG 1\n") == 2);
  CHECK(images("JPEGImages/a.b.jpg Annotations/a.b.xml\n./Annotations/c.xml\n") == 2);
  CHECK_THROWS_WITH(images("a.b\na.jpg\n"),
                    Contains("train.txt:2: there is no") && Contains("Annotations/a.jpg.xml"));
}
