// Pictures that lie beside those of a COCO file, but are not in it.
#include "data/check/unlisted_pictures.h"

#include "tests/support/catch.h"
#include "tests/support/label_folder.h"

using data::Dataset;
using tests::LabelFolder;

namespace {

Dataset with_images(const std::string& folder, const std::vector<std::string>& names) {
  Dataset set;
  set.image_folder = folder;
  for (const std::string& name : names) set.images.push_back({.file_name = name});
  return set;
}

std::string words_of(const Dataset& set) {
  const Dataset* const one = &set;
  return data::find_unlisted(set.image_folder, {&one, 1}).in_words();
}

}  // namespace

TEST_CASE("pictures that no entry lists, and those of other formats, are counted") {
  const LabelFolder f;
  for (const char* name : {"a.jpg", "sub/b.jpg", "sub/c.png", "d.jpg", ".old/e.jpg"})
    f.image("images/" + std::string(name));
  f.text("images/x.BMP", "");
  f.text("images/.y.bmp", "");
  f.text("images/a.txt", "");
  Dataset set = with_images(f.at("images"), {"./a.jpg", "sub/b.jpg"});
  const std::string others = "1 picture of formats that are not read (.bmp 1)";
  CHECK(words_of(set) ==
        "2 of 4 (50.0 %) pictures are listed by no entry, such as d.jpg; " + others);
  const Dataset more = with_images(f.at("images"), {"d.jpg", "sub/c.png", "gone.jpg"});
  const Dataset* const both[] = {&set, &more};
  CHECK(data::find_unlisted(set.image_folder, both).in_words() == others);
  set.box_form = data::BoxForm::edges;  // of VOC
  CHECK(words_of(set).empty());
  CHECK(words_of(with_images(f.at("images"), {"gone.jpg"})).empty());
  CHECK(words_of(with_images(f.at("nowhere"), {"a.jpg"})).empty());
}
