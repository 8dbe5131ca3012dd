// PASCAL VOC and YOLO labels, and the XML reader below them.
#include <fmt/format.h>

#include <filesystem>

#include "data/formats/class_names.h"
#include "data/formats/voc.h"
#include "data/formats/xml_text.h"
#include "data/formats/yolo.h"
#include "data/image/image_file.h"
#include "engine/base/error.h"
#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"
#include "tests/support/picture.h"

using Catch::Contains;
using data::Dataset;
namespace fs = std::filesystem;

namespace {

// "path=text;" of every element without children.
std::string texts_of(const std::string& xml) {
  struct Texts : pugi::xml_tree_walker {
    bool for_each(pugi::xml_node& node) override {
      const bool leaf = !node.find_child([](pugi::xml_node child) { return child.name()[0] != 0; });
      if (node.type() == pugi::node_element && leaf)
        all += node.path().substr(1) + "=" + data::text_of(node) + ";";
      return true;
    }
    std::string all;
  } texts;
  pugi::xml_document document = data::read_xml(xml, "x");
  document.traverse(texts);
  return texts.all;
}

const std::string kVoc = R"(<?xml version="1.0"?>
<annotation><folder>a</folder><filename>one.jpg</filename>
  <size><width>64</width><height>48</height><depth>3</depth></size>
  <object><name>dog</name><difficult>1</difficult>
    <bndbox><xmin>1</xmin><ymin>2</ymin><xmax>64</xmax><ymax>3.5</ymax></bndbox>
    <part><name>head</name>
      <bndbox><xmin>9</xmin><ymin>9</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></part>
  </object>
  <object><name>cat</name>
    <bndbox><ymax>20</ymax><xmax>10</xmax><ymin>10</ymin><xmin>10</xmin></bndbox></object>
</annotation>)";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  return text.replace(text.find(from), from.size(), to);
}

}  // namespace

TEST_CASE("XML that is read") {
  CHECK(texts_of("<a/>") == "a=;");
  CHECK(
      texts_of(
          "\xef\xbb\xbf<?xml?><!-- <b> --><a x='1'><b>1</b>\n<b y=\"2\"> 2 &lt;&amp; </b></a>\n") ==
      "a/b=1;a/b=2 <&;");
  CHECK(texts_of("<!DOCTYPE annotation><a><b/>text</a>") == "a/b=;");
  CHECK(texts_of("<a> <![CDATA[x <y>]]> </a>") == "a=x <y>;");
  CHECK(texts_of("<a>1<!-- 2 -->3</a>") == "a=13;");
  CHECK(texts_of("<a>1</a>\n" + std::string(9, '\0')) == "a=1;");
  // Nothing is expanded that a file could have declared.
  CHECK(texts_of("<a>cat & dog &bomb; &#233;</a>") == "a=cat & dog &bomb; \xc3\xa9;");
}

TEST_CASE("XML in other encodings") {
  CHECK(texts_of("<?xml version='1.0' encoding='ISO-8859-1'?><a>caf\xe9</a>") == "a=caf\xc3\xa9;");
  const std::string text = "<a>x</a>";
  for (bool big : {false, true}) {
    std::string utf16 = big ? "\xfe\xff" : "\xff\xfe";
    for (char c : text) utf16 += big ? std::string{0, c} : std::string{c, 0};
    CHECK(texts_of(utf16) == "a=x;");
    utf16.resize(utf16.size() - 4);
    CHECK_THROWS_WITH(texts_of(utf16), Contains("x: ") && !Contains("x:1"));
  }
  // The line of a fault behind characters that take two bytes in UTF-8.
  CHECK_THROWS_WITH(
      texts_of("<?xml version='1.0' encoding='ISO-8859-1'?>\n<a>\xe9\xe9\xe9\xe9</b>\n\n\n\n</a>"),
      Contains("x:2: "));
}

TEST_CASE("XML that is refused with its line") {
  struct Case {
    std::string text, message;
  };
  std::string deep;
  for (int i = 0; i < 33; ++i) deep += i == 32 ? "\n<a>" : "<a>";
  for (int i = 0; i < 33; ++i) deep += "</a>";
  for (const Case& c :
       {Case{"", "x: the file is empty (0 bytes), expected XML"},
        {"hello", "x:1: text outside of all elements"},
        {"<a/>\nhello", "x:2: text outside of all elements"},
        {"<a>\n<b></a>",
         "x:2: no valid XML: an element without its end </...>; is the file cut off? (Start-end"},
        {"<a>", "x:1: no valid XML: an element without its end </...>"},
        {"</a>", "no valid XML: "},
        {"<a", "x:1: no valid XML: the text ends within a tag"},
        {"<a>\n<", "x:2: no valid XML: the text ends within a tag"},
        {"<a>\n<b c=\"d", "x:2: no valid XML: the text ends within a tag"},
        {"<a>\n<b></", "x:2: no valid XML: the text ends within a tag"},
        {"<a>\n<b></b", "x:2: no valid XML: the text ends within a tag"},
        {"<a>\n1 < 2</a>", "x:2: no valid XML: expected the name of an element behind <"},
        {std::string("<a>\n<b>\0</b></a>", 16), "x:2: a zero byte, which no text has"},
        {std::string("\n\0<\0a\0/\0>\0", 10), "a zero byte, which no text has: save the file as "},
        {std::string("\xff\xfe<\0a\0>\0\n", 9), "x: no valid XML: the text ends within a letter"},
        {"<a>\n<<<<<<< HEAD\n</a>", "x:2: no valid XML: a merge conflict"},
        {"<>", "tag"},
        {"<a><!-- </a>", "no valid XML: a comment without its -->"},
        {"<a><![CDATA[x</a>", "no valid XML: a <![CDATA[ without its ]]>"},
        {"<!DOCTYPE a [<!ENTITY b 'c'>]><a/>", "document types"},
        {deep, "x:2: elements nested deeper than 32"}}) {
    INFO(c.text);
    CHECK_THROWS_WITH(texts_of(c.text), Contains(c.message));
  }
  std::string open_tags(size_t{4} << 20, '<');
  for (size_t i = 1; i < open_tags.size(); ++i) open_tags[i] = "<a>"[i % 3];
  CHECK_THROWS_AS(texts_of(open_tags), base::Error);
  for (size_t size = 0; size < kVoc.size(); ++size) {
    INFO(size);
    CHECK_THROWS_AS(texts_of(kVoc.substr(0, size)), base::Error);
  }
}

TEST_CASE("VOC corners are 1-based and inclusive") {
  tests::TemporaryFolder folder;
  base::write_file(folder.path() / "b.xml", kVoc);
  base::write_file(folder.path() / "a.xml", replaced(kVoc, "<filename>one.jpg</filename>", ""));
  Dataset d = data::load_voc(folder.path().string(), "images");
  REQUIRE(d.images.size() == 2);
  CHECK(d.images[0].file_name == "a.jpg");
  CHECK(d.images[1].file_name == "one.jpg");
  CHECK((d.images[1].width == 64 && d.images[1].height == 48));
  REQUIRE(d.categories.size() == 2);
  CHECK((d.categories[0].name == "cat" && d.categories[0].id == 1));
  auto objects = d.objects_of(d.images[1]);
  REQUIRE(objects.size() == 2);
  CHECK(objects[0].category == 1);
  CHECK((objects[0].x == 0 && objects[0].y == 1 && objects[0].width == 64 &&
         objects[0].height == 2.5));
  CHECK(
      (objects[1].x == 9 && objects[1].y == 9 && objects[1].width == 1 && objects[1].height == 11));
  CHECK(objects[1].id == 4);
}

TEST_CASE("VOC files that are refused") {
  tests::TemporaryFolder folder;
  auto load = [&](const std::string& xml) {
    base::write_file(folder.path() / "a.xml", xml);
    return data::load_voc(folder.path().string(), "images", {"dog", "cat"});
  };
  CHECK(load(kVoc).categories[0].name == "dog");
  CHECK_THROWS_WITH(load(replaced(kVoc, "<xmin>1</xmin>", "")),
                    Contains("a.xml:4: an object without bndbox/xmin"));
  CHECK_THROWS_WITH(load("<annotation><size><width>9</width><height>9</height></size><object>"
                         "<name>dog</name><robndbox><cx>1</cx></robndbox></object></annotation>"),
                    Contains("xmin, ymin, xmax and ymax; it has name, robndbox"));
  CHECK_THROWS_WITH(
      load(replaced(kVoc, "<xmin>1<", "<xmin>1x<")),
      Contains("a.xml:5: annotation/object/bndbox/xmin is \"1x\", expected a number"));
  CHECK_THROWS_WITH(load(replaced(kVoc, "<xmin>1<", "<xmin>nan<")), Contains("expected a number"));
  CHECK_THROWS_WITH(load(replaced(kVoc, "<width>64<", "<width>0<")),
                    Contains("expected 1 to 1000000"));
  CHECK_THROWS_WITH(load(replaced(kVoc, "<width>64</width>", "")), Contains("no size/width"));
  CHECK_THROWS_WITH(load(replaced(kVoc, "one.jpg", "../one.jpg")), Contains("does not stay below"));
  CHECK_THROWS_WITH(load(replaced(kVoc, "dog", "gnu")),
                    Contains("\"gnu\" is not among the given names"));
  CHECK_THROWS_WITH(load(replaced(kVoc, "<name>dog</name>", "")),
                    Contains("an object without name"));
  CHECK_THROWS_WITH(data::load_voc("/nonexistent", ""), Contains("not a folder"));
}

TEST_CASE("both forms give back what was written") {
  tests::TemporaryFolder folder;
  fs::path images = folder.path() / "images";
  fs::create_directories(images / "sub");
  Dataset d;
  d.image_folder = images.string();
  d.categories = {{1, "a & b"}, {2, "z"}};
  for (int i = 0; i < 3; ++i) {
    data::ImageEntry image{.id = i + 1, .width = 30 + i, .height = 20};
    image.file_name = fmt::format("{}{}.jpg", i == 2 ? "sub/" : "", i);
    data::write_image(images / image.file_name, tests::picture(image.width, image.height));
    image.first_object = static_cast<uint32_t>(d.objects.size());
    for (int k = 0; k <= i; ++k)
      d.objects.push_back(
          {.id = 3 * i + k, .category = k % 2, .x = 1.25 * k, .y = 0.1, .width = 5, .height = 7});
    image.object_count = static_cast<uint32_t>(i + 1);
    d.images.push_back(image);
  }
  std::string voc = (folder.path() / "voc").string(), yolo = (folder.path() / "yolo").string();
  data::write_voc(voc, d);
  data::write_yolo(yolo, d);
  fs::rename(fs::path(voc) / "sub/2.xml", fs::path(voc) / "2.xml");
  for (const Dataset& back :
       {data::load_voc(voc, d.image_folder),
        data::load_yolo(yolo, d.image_folder, data::read_class_names(yolo + "/classes.txt"))}) {
    REQUIRE(back.images.size() == 3);
    REQUIRE(back.objects.size() == d.objects.size());
    CHECK(back.categories[0].name == "a & b");
    for (int i = 0; i < 3; ++i) {
      CHECK(back.images[i].file_name == d.images[i].file_name);
      CHECK(back.images[i].width == d.images[i].width);
      CHECK(back.images[i].object_count == d.images[i].object_count);
    }
    for (size_t k = 0; k < d.objects.size(); ++k) {
      CHECK(back.objects[k].category == d.objects[k].category);
      for (auto side :
           {&data::Object::x, &data::Object::y, &data::Object::width, &data::Object::height})
        CHECK(back.objects[k].*side == Approx(d.objects[k].*side).margin(1e-9));
    }
  }
}

TEST_CASE("YOLO lines") {
  tests::TemporaryFolder folder;
  fs::path images = folder.path() / "images", labels = folder.path() / "labels";
  fs::create_directories(images), fs::create_directories(labels);
  data::write_image(images / "a.JPG", tests::picture(100, 50));
  data::write_image(images / "b.png", tests::picture(10, 10));
  base::write_file(images / "notes.txt", std::string("x"));
  auto load = [&](const std::string& text) {
    base::write_file(labels / "a.txt", text);
    return data::load_yolo(labels.string(), images.string(), {"x", "y"});
  };
  Dataset d = load("1 0.5 0.5 0.2 0.4\r\n\n0\t0.1 0.1 0.2 0.2 \n1 0.1 0.2 0.5 0.3 0.3 0.9");
  REQUIRE(d.images.size() == 2);
  CHECK((d.images[0].object_count == 3 && d.images[1].object_count == 0));
  CHECK(d.objects[0].category == 1);
  CHECK((d.objects[0].x == Approx(40) && d.objects[0].y == Approx(15)));
  CHECK((d.objects[0].width == Approx(20) && d.objects[0].height == Approx(20)));
  CHECK((d.objects[2].x == Approx(10) && d.objects[2].width == Approx(40)));
  CHECK((d.objects[2].y == Approx(10) && d.objects[2].height == Approx(35)));
  std::string where = (labels / "a.txt").string() + ":2: ";
  for (auto [line, message] : {std::pair("1 0.5 0.5 0.2", "4 numbers"),
                               {"1 0.5 0.5 0.2 0.4 1", "6 numbers"},
                               {"2 0.5 0.5 0.2 0.4", "class 2, expected 0 to 1"},
                               {"-1 0 0 1 1", "class -1"},
                               {"0.5 0 0 1 1", "class 0.5"},
                               {"1 nan 0 1 1", "\"nan\" is no number"},
                               {"1 0,5 0 1 1", "\"0,5\" is no number"},
                               {"dog 0 0 1 1", "\"dog\" is no number"}}) {
    INFO(line);
    CHECK_THROWS_WITH(load(std::string("0 0 0 1 1\n") + line),
                      Contains(where) && Contains(message));
  }
  CHECK_THROWS_WITH(data::load_yolo(labels.string(), labels.string(), {"x"}), Contains("no .jpg"));
  base::write_file(labels / "empty", std::string("\n\n"));
  CHECK_THROWS_WITH(data::read_class_names((labels / "empty").string()),
                    Contains("expected one class name per line"));
}
