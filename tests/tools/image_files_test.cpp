#include "tools/image_files.h"

#include <set>

#include "tests/support/catch.h"

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
