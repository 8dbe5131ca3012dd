#include "engine/base/folder_walk.h"


#include <set>

#include "tests/support/catch.h"
#include "tests/support/deep_folder.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"
#include "tests/support/unprivileged.h"

namespace fs = std::filesystem;
using Catch::Contains;

namespace {

struct Seen {
  std::set<std::string> names;
  base::UnseenFolders unseen;
};

Seen look(const fs::path& folder, bool with_folders = true) {
  Seen seen;
  seen.unseen = base::walk(folder, with_folders, [&](const fs::directory_entry& entry) {
    seen.names.insert(entry.path().filename().string());
    return true;
  });
  return seen;
}

}  // namespace

TEST_CASE("a walk sees all entries, follows no link, and stops where it is told to") {
  const tests::TemporaryFolder place;
  fs::create_directories(place.path() / "a/b");
  tests::write_text(place.path() / "a/b/c", "");
  fs::create_directory_symlink(place.path(), place.path() / "a/loop");
  const Seen all = look(place.path());
  CHECK(all.names == std::set<std::string>{"a", "b", "c", "loop"});
  CHECK((all.unseen.count == 0 && all.unseen.in_words().empty()));
  CHECK(look(place.path(), false).names == std::set<std::string>{"a"});
  int visited = 0;
  base::walk(place.path(), true, [&](const fs::directory_entry&) { return ++visited < 2; });
  CHECK(visited == 2);
  for (const char* name : {"none", "a/b/c"}) CHECK(look(place.path() / name).unseen.count == 0);
}

TEST_CASE("a walk goes on behind a folder that is too deep, and tells of it") {
  const tests::TemporaryFolder place;
  tests::make_too_deep(place.path());
  tests::write_text(place.path() / "z", "");
  const Seen seen = look(place.path());
  CHECK(seen.names.contains("z"));
  CHECK(seen.unseen.count == 1);
  CHECK_THAT(seen.unseen.in_words(),
             Contains("1 folder could not be looked at, ") && Contains(": File name too long"));
}

TEST_CASE("a walk goes on behind a folder that went away, and tells of it") {
  const tests::TemporaryFolder place;
  for (const char* name : {"a", "b", "c"}) fs::create_directories(place.path() / name / "d");
  int entries = 0;
  const auto unseen = base::walk(place.path(), true, [&](const fs::directory_entry&) {
    if (++entries == 3) fs::remove_all(place.path() / "a"), fs::remove_all(place.path() / "b");
    return true;
  });
  CHECK(entries == 4);
  CHECK_THAT(unseen.in_words(), Contains("2 folders could not be looked at, the first: ") &&
                                    Contains(": No such file or directory"));
}

TEST_CASE("a walk tells of folders that may not be read") {
  const tests::TemporaryFolder place;
  fs::permissions(place.path(), fs::perms(0755));
  fs::create_directories(place.path() / "a");
  tests::write_text(place.path() / "z", "");
  const tests::Rights rights(place.path() / "a", fs::perms::none);
  const tests::Unprivileged user;
  if (!user.holds()) {
    WARN("rights of files do not hold here");
    return;
  }
  const Seen seen = look(place.path());
  CHECK(seen.names == std::set<std::string>{"a", "z"});
  CHECK_THAT(seen.unseen.in_words(), Contains("/a: Permission denied"));
}
