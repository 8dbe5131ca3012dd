#include "engine/base/output_locks.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <utility>

#include "engine/base/output_guard.h"
#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/failure.h"
#include "tests/support/paths.h"

namespace fs = std::filesystem;
using base::ExitCode, base::OutputGuard, base::OutputLocks;
using Catch::Contains;

namespace {

std::string refusal(const std::function<void(OutputLocks&)>& take) {
  OutputLocks locks;
  return tests::failure([&] { take(locks); }, ExitCode::usage);
}

std::string refusal(const OutputGuard& guard) {
  return tests::failure([&] { const OutputLocks locks = guard.take({}); }, ExitCode::usage);
}

size_t entries(const fs::path& folder) {
  return size_t(std::distance(fs::directory_iterator(folder), fs::directory_iterator()));
}

}  // namespace

TEST_CASE("output locks: a second program is refused while the first one holds them") {
  const tests::TemporaryFolder place;
  const fs::path name = place.path() / "new/a.json", folder = place.path() / "new/b";
  const auto take_name = [&](OutputLocks& locks) { locks.take_name("--json", name); };
  const auto take_folder = [&](OutputLocks& locks) { locks.take_folder("-o", folder); };
  {
    OutputLocks locks;
    take_name(locks), take_folder(locks);
    take_name(locks), take_folder(locks);  // what one holds, one may name again
    CHECK(refusal(take_name) == "--json: " + name.string() +
                                    " is being written by another program; wait until that has "
                                    "ended, or choose another name");
    CHECK_THAT(refusal(take_folder), Contains("-o: " + folder.string() + " is being written"));
    fs::create_symlink(folder, place.path() / "link");
    CHECK_THAT(refusal([&](OutputLocks& l) { l.take_folder("-o", place.path() / "link"); }),
               Contains("is being written"));
    {
      OutputLocks other;
      other.take_name("--json", place.path() / "new/a.jso");
      other.take_folder("-o", place.path() / "new");
    }
    const OutputLocks moved = std::move(locks);
    CHECK_THAT(refusal(take_name), Contains("is being written"));
  }
  CHECK(entries(place.path()) == 1);  // the link: files and folders of the locks are gone
  OutputLocks again;
  take_name(again), take_folder(again);
}

TEST_CASE("output locks: a folder is shared by those who agree to it, and the last one cleans up") {
  const tests::TemporaryFolder place;
  const auto share = [&](OutputLocks& locks) {
    locks.take_folder("-o", place.path(), base::LockKind::shared);
  };
  const auto alone = [&](OutputLocks& locks) { locks.take_folder("-o", place.path()); };
  {
    OutputLocks first;
    share(first);
    {
      OutputLocks second;
      share(second);
      CHECK_THAT(refusal(alone), Contains("is being written by another program"));
    }
    CHECK(entries(place.path()) == 1);
    CHECK_THAT(refusal(alone), Contains("is being written by another program"));
  }
  CHECK(entries(place.path()) == 0);
  OutputLocks one;
  alone(one);
  CHECK_THAT(refusal(share), Contains("is being written by another program"));
}

TEST_CASE("output locks: folders that hold something by then stay") {
  const tests::TemporaryFolder place;
  {
    OutputLocks locks;
    locks.take_folder("-o", place.path() / "a/b");
    base::write_file(place.path() / "a/b/c", std::string_view("x"));
  }
  CHECK(entries(place.path() / "a/b") == 1);
}

TEST_CASE("output locks: a program that was killed holds nothing, and what it left is used") {
  const tests::TemporaryFolder place;
  const fs::path name = place.path() / std::string(255, 'n');
  const pid_t child = ::fork();
  if (child == 0) {
    OutputLocks locks;
    locks.take_name("--json", name);
    ::kill(::getpid(), SIGKILL);
  }
  REQUIRE(::waitpid(child, nullptr, 0) == child);
  CHECK(entries(place.path()) == 1);
  { OutputLocks().take_name("--json", name); }
  CHECK(entries(place.path()) == 0);
}

TEST_CASE("output locks: the guard looks again at what came while it had no lock") {
  const tests::TemporaryFolder place;
  const std::string file = place.path() / "a.json", folder = place.path() / "out";
  OutputGuard guard(false);
  guard.add("--json", file);
  guard.add("--to", folder, "a.txt", "a");
  guard.add_of_set("--shards", place.path() / "t.record", place.path() / "t.record-0");
  {
    const OutputLocks locks = guard.take({});
    CHECK_THAT(refusal(guard), Contains("--json: " + file + " is being written"));
    OutputGuard others(false);
    others.add("--json", place.path() / "b.json");
    others.add("--to", place.path() / "out2", "a.txt", "a");
    others.add("--json", "/dev/null");
    CHECK(refusal(others) == "no error");
    for (const char* option : {"--to", "--shards"}) {
      OutputGuard same(false);
      if (option == std::string("--to"))
        same.add(option, folder, "b.txt", "b");
      else
        same.add_of_set(option, place.path() / "t.record", place.path() / "t.record-1");
      CHECK_THAT(refusal(same),
                 Contains(std::string(option) + ": ") && Contains("is being written"));
    }
  }
  CHECK(entries(place.path()) == 0);
}

TEST_CASE("output guard: a device or a pipe is no folder of outputs") {
  const tests::TemporaryFolder place;
  for (const std::string folder : {"/dev/null", "/dev/stdout", "/dev/fd/1", "/dev/stdout/x"}) {
    OutputGuard guard(true);
    INFO(folder);
    const std::string said =
        tests::failure([&] { guard.add("--to", folder, "a.txt", "a"); }, ExitCode::usage);
    CHECK_THAT(said, Contains("--to: " + folder) && Contains("and a folder is needed"));
    CHECK(tests::failure([&] { guard.add_in("--to", folder, folder + "/a"); }, ExitCode::usage) ==
          said);
  }
}
