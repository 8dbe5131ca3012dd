#include "engine/base/shared_library.h"

#include <cmath>
#include <filesystem>

#include "engine/base/error.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"

using base::SharedLibrary;
using Catch::Contains;

namespace {

std::string refusal(const base::LibraryPlace& place) {
  try {
    SharedLibrary{place};
  } catch (const base::Error& error) {
    CHECK(error.code() == base::ExitCode::resources);
    return error.what();
  }
  return "it was opened";
}

}  // namespace

TEST_CASE("a shared library is opened by the first name that is there, and its functions run") {
  const SharedLibrary library({.title = "the C library's mathematics",
                               .names = {"libnosuch.so.1", "libm.so.6"},
                               .folders = {},
                               .cure = "install it"});
  double (*cosine)(double) = nullptr;
  library.find(cosine, "cos");
  REQUIRE(cosine);
  CHECK(cosine(0.5) == Approx(std::cos(0.5)));
  CHECK_THAT(library.file(), Contains("libm.so.6"));
}

TEST_CASE("a shared library that the loader does not know is found in a folder") {
  const tests::TemporaryFolder folder;
  const SharedLibrary real({.title = "m", .names = {"libm.so.6"}, .folders = {}, .cure = ""});
  std::filesystem::copy_file(real.file(), folder.path() / "libelsewhere.so.3");
  const SharedLibrary found({.title = "a library",
                             .names = {"libelsewhere.so.3"},
                             .folders = {"", "/nowhere", folder.path().string()},
                             .cure = "install it"});
  CHECK(found.file() == (folder.path() / "libelsewhere.so.3").string());
}

TEST_CASE("a shared library that is missing, or lacks a function, is told in one line") {
  const std::string missing = refusal({.title = "NoSuch",
                                       .names = {"libnosuch.so.2", "libnosuch.so.1"},
                                       .folders = {"", "/nowhere"},
                                       .cure = "install NoSuch 2"});
  CHECK_THAT(missing, Contains("NoSuch cannot be opened (libnosuch.so.2: ") &&
                          Contains("also looked in /nowhere): install NoSuch 2 or put its folder "
                                   "into LD_LIBRARY_PATH"));
  CHECK(missing.find('\n') == std::string::npos);
  CHECK_THAT(refusal({.title = "NoSuch", .names = {"libnosuch.so.2"}, .folders = {}, .cure = "x"}),
             !Contains("looked in"));

  const SharedLibrary library(
      {.title = "m", .names = {"libm.so.6"}, .folders = {}, .cure = "install version 7"});
  void (*function)() = nullptr;
  CHECK_THROWS_WITH(library.find(function, "no_such_function"),
                    Contains("libm.so.6 has no no_such_function: install version 7"));
}
