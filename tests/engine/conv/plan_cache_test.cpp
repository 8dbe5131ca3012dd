#include "engine/conv/plan_cache.h"
#include "tests/support/catch.h"

#include <fstream>
#include <iterator>

#include "tests/support/files.h"
#include "tests/support/paths.h"

using engine::PlanCache;
namespace fs = std::filesystem;

namespace {

using namespace std::string_literals;
const std::string kValue = "direct\n{\"json\": \"with\0zero\"}"s;

fs::path only_file(const fs::path& folder) {
  REQUIRE(std::distance(fs::directory_iterator(folder), {}) == 1);
  return fs::directory_iterator(folder)->path();
}

void overwrite(const fs::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

}  // namespace

TEST_CASE("plan cache: finds what it kept, and nothing else") {
  tests::TemporaryFolder folder;
  const PlanCache cache((folder.path() / "plans" / "deep").string());
  CHECK_FALSE(cache.find("key"));
  cache.keep("key", kValue);
  CHECK(cache.find("key") == kValue);
  CHECK_FALSE(cache.find("another"));
  cache.keep("key", "new");
  CHECK(cache.find("key") == "new");
  cache.keep("empty", "");
  CHECK(cache.find("empty") == "");
}

TEST_CASE("plan cache: without a folder it keeps nothing") {
  const PlanCache cache("");
  cache.keep("key", kValue);
  CHECK_FALSE(cache.find("key"));
}

TEST_CASE("plan cache: every damaged file counts as absent and is replaced") {
  tests::TemporaryFolder folder;
  const PlanCache cache(folder.path().string());
  cache.keep("key", kValue);
  const fs::path path = only_file(folder.path());
  const std::string good = tests::text_of(path);
  for (size_t i = 0; i < good.size(); ++i) {
    INFO("byte " << i);
    std::string bad = good;
    bad[i] ^= 4;
    overwrite(path, bad);
    CHECK_FALSE(cache.find("key"));
    overwrite(path, good.substr(0, i));
    CHECK_FALSE(cache.find("key"));
  }
  overwrite(path, good + "x");
  CHECK_FALSE(cache.find("key"));
  overwrite(path, std::string(size_t(17) << 20, 'x'));
  CHECK_FALSE(cache.find("key"));
  cache.keep("key", kValue);
  CHECK(cache.find("key") == kValue);
}

TEST_CASE("plan cache: another key's file under this key's name is not taken") {
  tests::TemporaryFolder folder, other;
  const PlanCache cache(folder.path().string()), foreign(other.path().string());
  cache.keep("key", kValue);
  foreign.keep("another", "its value");
  overwrite(only_file(folder.path()), tests::text_of(only_file(other.path())));
  CHECK_FALSE(cache.find("key"));
}

TEST_CASE("plan cache: a folder that cannot be written costs nothing but the plan") {
  tests::TemporaryFolder folder;
  const fs::path file = folder.path() / "file";
  overwrite(file, "not a folder");
  const PlanCache cache((file / "plans").string());
  cache.keep("key", kValue);
  CHECK_FALSE(cache.find("key"));
  CHECK(tests::text_of(file) == "not a folder");
}
