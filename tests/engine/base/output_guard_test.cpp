#include "engine/base/output_guard.h"

#include <filesystem>

#include "engine/base/error.h"
#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/paths.h"
#include "tests/support/unprivileged.h"

namespace fs = std::filesystem;
using base::ExitCode, base::OutputGuard;

namespace {

// The message of the error that `action` throws; empty when it throws none.
template <class Action> std::string refused(ExitCode code, const Action& action) {
  try {
    action();
  } catch (const base::Error& error) {
    CHECK(error.code() == code);
    return error.what();
  }
  return "";
}

// What check() says of these names in one folder.
std::string pair_of(const std::string& folder, const std::string& a, const std::string& b) {
  OutputGuard guard(true);
  guard.add("--to", folder, a, "source " + a);
  guard.add("--to", folder, b, "source " + b);
  return refused(ExitCode::data, [&] { guard.check({}); });
}

}  // namespace

TEST_CASE("output guard: names out of data stay in their folder") {
  const tests::TemporaryFolder folder;
  const std::string out = folder.path() / "out";
  OutputGuard guard(false);
  const auto outside = [&](const std::string& name) {
    return !refused(ExitCode::data, [&] { guard.add("--to", out, name, "s"); }).empty();
  };
  for (const char* name : {"../x", "/abs/x", "a/../../x", "", "..", "a/..", "a/", "."}) {
    INFO(name);
    CHECK(outside(name));
  }
  CHECK(outside(std::string("a\0b", 3)));
  fs::create_directories(out);
  fs::create_symlink("/tmp", out + "/away");
  fs::create_symlink(".", out + "/here");
  CHECK(outside("away/x"));
  CHECK_FALSE(outside("here/x"));
  CHECK_FALSE(outside("a b/c..d/.e"));
}

TEST_CASE("output guard: two sources never share a file") {
  const tests::TemporaryFolder folder;
  const std::string out = folder.path() / "out";
  CHECK(pair_of(out, "a.txt", "b.txt").empty());
  CHECK_THAT(pair_of(out, "a.txt", "a.txt"),
             Catch::Contains("\"source a.txt\" and \"source a.txt\" would both be written to"));
  CHECK_THAT(pair_of(out, "a/b.txt", "a//./b.txt"), Catch::Contains("both be written"));
  CHECK_THAT(pair_of(out, "a.txt", "a.txt/b.txt"), Catch::Contains("both be written"));
  CHECK(pair_of(out, "a.txt", "a.txt2/b.txt").empty());
  fs::create_directories(out + "/one");
  fs::create_symlink("one", out + "/two");
  CHECK_THAT(pair_of(out, "one/x", "two/x"), Catch::Contains("both be written"));
  CHECK(pair_of(out, "Ä.txt", "ä.txt").empty());
}

TEST_CASE("output guard: a folder that cannot be there") {
  const tests::TemporaryFolder folder;
  const std::string file = folder.path() / "file";
  base::write_file(file, std::string_view("x"));
  for (const char* name : {"/x.json", "/a/b/x.json"}) {
    OutputGuard guard(true);
    guard.add("--json", file + name);
    CHECK_THAT(refused(ExitCode::usage, [&] { guard.check({}); }),
               Catch::Contains("is a file, and a folder is needed"));
  }
  OutputGuard guard(false);
  guard.add("--json", (folder.path() / "new/folders/x.json").string());
  guard.add("--other", "");
  guard.check({file, "/no/such/input"});
  CHECK_FALSE(fs::exists(folder.path() / "new"));
}

TEST_CASE("output guard: a file is replaced only where its folder may be written into") {
  const tests::TemporaryFolder folder;
  const std::string closed = folder.path() / "closed", file = closed + "/old.json";
  fs::create_directory(closed);
  base::write_file(file, std::string_view("x"));
  fs::permissions(folder.path(), fs::perms::all);
  const tests::Rights rights(closed, fs::perms(0555));
  const tests::Unprivileged user;
  if (!user.holds()) {
    WARN("rights of files do not hold here");
    return;
  }
  for (const std::string& path : {file, closed + "/new.json"}) {
    OutputGuard guard(true);
    guard.add("--json", path);
    CHECK_THAT(refused(ExitCode::data, [&] { guard.check({}); }),
               Catch::Contains("cannot write into " + closed + ": Permission denied"));
  }
}

TEST_CASE("output guard: the line names the option, the file and the input") {
  const tests::TemporaryFolder folder;
  const std::string val = folder.path() / "val\n.json", copy = folder.path() / "copy.json";
  base::write_file(val, std::string_view("x"));
  fs::create_hard_link(val, copy);
  for (const bool overwrite : {false, true}) {
    OutputGuard guard(overwrite);
    guard.add("--json", copy);
    const std::string message = refused(ExitCode::usage, [&] { guard.check({val}); });
    CHECK_THAT(message, Catch::StartsWith("--json: " + copy + " is the input ") &&
                            Catch::Contains("val\\n.json, which is never replaced; choose"));
  }
}

TEST_CASE("output guard: - is no name of a file or folder") {
  const auto words = [](const std::string& path) {
    return refused(ExitCode::usage, [&] { OutputGuard(true).add("--to", path); });
  };
  CHECK(
      words("-") ==
      "--to: - is no name for a file: write /dev/stdout for standard output, or ./- for a file of "
      "this name");
  CHECK_THAT(words("-/a.jpg"), Catch::Contains("./-/a.jpg"));
  CHECK_FALSE(
      refused(ExitCode::usage, [] { OutputGuard(true).add("--to", "-", "a.jpg", "a"); }).empty());
  for (const char* name : {"./-", "-a", "--", "a/-", "/-", ""}) {
    INFO(name);
    CHECK(words(name).empty());
  }
}
