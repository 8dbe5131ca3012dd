#include "tools/image_files.h"

#include <set>

#include "tests/support/catch.h"

TEST_CASE("every image gets a picture of its own") {
  CHECK(tools::picture_names({"a/x.jpg", "b/x.jpeg", "c/x.png", "x_2.jpg", "d/x.jpg"}, "out") ==
        std::vector<std::string>{"out/x.jpg", "out/x_2.jpg", "out/x.png", "out/x_2_2.jpg",
                                 "out/x_3.jpg"});
}

TEST_CASE("names for very many pictures of one name are found at once") {
  const std::vector<std::string> images(100000, "frame.jpg");
  const std::vector<std::string> names = tools::picture_names(images, "out");
  CHECK(std::set<std::string>(names.begin(), names.end()).size() == images.size());
  CHECK(names.back() == "out/frame_100000.jpg");
}
