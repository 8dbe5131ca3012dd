#include "tools/image_files.h"

#include <unistd.h>

#include <filesystem>
#include <set>

#include "tests/support/catch.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"

namespace fs = std::filesystem;

TEST_CASE("every image gets a name of its own") {
  tools::UnusedNames names;
  std::vector<std::string> taken;
  for (const char* name : {"x", "x", "y", "x_2", "x"}) taken.push_back(names.take(name));
  CHECK(taken == std::vector<std::string>{"x", "x_2", "y", "x_2_2", "x_3"});
}

TEST_CASE("names for very many images of one name are found at once") {
  constexpr size_t kMany = 100000;
  tools::UnusedNames names;
  std::set<std::string> taken;
  for (size_t i = 0; i < kMany; ++i) taken.insert(names.take("frame"));
  CHECK(taken.size() == kMany);
  CHECK(taken.contains("frame_100000"));
}

TEST_CASE("hidden images of a folder are left out and counted, and taken where they are named") {
  const tests::TemporaryFolder place;
  const std::string in = place.path().string();
  for (const char* name : {"a.jpg", "._a.jpg", ".b.png", ".notes"})
    tests::write_text(place.path() / name, "x");
  tools::PathLines list(STDIN_FILENO, "none");
  const tools::FoundImages found = tools::find_images({in, in + "/.b.png"}, false, list);
  CHECK(found.files == std::vector<std::string>{in + "/a.jpg", in + "/.b.png"});
  CHECK(tools::left_out_in_words(found) == "2 hidden images (of a name that begins with a dot)");
}

TEST_CASE("an image that is named again, in whatever spelling, is listed once") {
  const tests::TemporaryFolder place;
  const fs::path folder = place.path() / "in";
  fs::create_directory(folder);
  for (const char* name : {"a.jpg", "b.jpg"}) tests::write_text(folder / name, "x");
  fs::create_symlink(folder / "a.jpg", folder / "link.jpg");  // an image of its own
  fs::create_directory_symlink(folder, place.path() / "same");
  const std::string in = folder.string(), a = in + "/a.jpg";
  tests::write_text(place.path() / "list", a + "\n" + in + "/gone.jpg\n" + in + "/gone.jpg\n");
  const auto find = [&](const std::vector<std::string>& inputs) {
    tools::PathLines list(STDIN_FILENO, "none");
    return tools::find_images(inputs, false, list);
  };
  CHECK(find({in}).files.size() == 3);
  CHECK(tools::repeated_in_words(find({in})).empty());
  for (const std::string& again :
       {a, in + "/./a.jpg", in + "/../in/a.jpg", (place.path() / "same/a.jpg").string()}) {
    INFO(again);
    const tools::FoundImages found = find({in, again});
    CHECK(found.files.size() == 3);
    CHECK(tools::repeated_in_words(found) ==
          "note: " + again + " is named more than once; it is taken once");
    CHECK(find({again, again, in}).files ==
          std::vector<std::string>{again, in + "/b.jpg", in + "/link.jpg"});
  }
  CHECK(find({"a.jpg", "./a.jpg", "b/../a.jpg"}).files == std::vector<std::string>{"a.jpg"});
  const tools::FoundImages twice = find({in, in, a});
  CHECK(twice.files.size() == 3);
  CHECK(tools::repeated_in_words(twice) ==
        "note: 3 images are named more than once, such as " + a + "; each is taken once");
}
