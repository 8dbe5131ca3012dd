// Full disks and failing calls: never success reported for a file that is not whole, never an
// older file damaged, no temporary file left.
#include "engine/base/atomic_file.h"
#include "tests/support/catch.h"

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <iostream>

#include "engine/base/error.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"

using base::AtomicFile, base::FileCalls;
namespace fs = std::filesystem;

namespace {

// A folder with "last" and "previous", and the attempt to write a new "last".
struct Trial {
  tests::TemporaryFolder own;
  fs::path folder;
  const std::string before = std::string(5000, 'p'), old = std::string(6000, 'o'),
                    fresh = std::string(70000, 'n');
  std::string error;

  explicit Trial(const fs::path& elsewhere = {})
      : folder(elsewhere.empty() ? own.path() : elsewhere) {
    tests::write_text(folder / "last", old);
    tests::write_text(folder / "previous", before);
  }

  bool attempt(FileCalls calls = FileCalls::posix()) {
    error.clear();
    try {
      AtomicFile file((folder / "last").string(),
                      {.code = base::ExitCode::checkpoint, .calls = std::move(calls)});
      for (size_t at = 0; at < fresh.size(); at += 10000) file.write(fresh.data() + at, 10000);
      file.commit((folder / "previous").string());
      return true;
    } catch (const base::Error& e) {
      CHECK(e.code() == base::ExitCode::checkpoint);
      error = e.what();
      CHECK_THAT(error, Catch::Contains((folder / "last").string()) &&
                            Catch::Contains(" bytes written, ") && Catch::Contains("MiB free") &&
                            !Catch::Contains("\n"));
      return false;
    }
  }

  bool untouched() const {
    return tests::text_of(folder / "last") == old && tests::text_of(folder / "previous") == before;
  }
  bool replaced() const {
    return tests::text_of(folder / "last") == fresh && tests::text_of(folder / "previous") == old;
  }
  bool nothing_lost() const {
    const std::string last = tests::text_of(folder / "last"),
                      previous = tests::text_of(folder / "previous");
    return (last == old && previous == before) || (last == fresh && previous == before) ||
           (last == fresh && previous == old);
  }
  size_t files() const {
    size_t n = 0;
    for ([[maybe_unused]] auto& entry : fs::directory_iterator(folder)) ++n;
    return n;
  }
};

// Counts calls; the n-th, or every one from then on, goes wrong.
struct Failing {
  enum Fault { error, short_write } fault = error;
  int number = 0;  // of the call that fails
  int reason = EIO;
  bool for_good = false;
  int calls = 0, failures = 0;

  bool fails(bool writing = false) {
    if (fault == short_write && !writing) return false;
    ++calls;
    const bool now = calls == number || (for_good && calls > number);
    failures += now;
    if (now) errno = reason;
    return now;
  }
  FileCalls wrap(bool hard_links = true) {
    FileCalls real = FileCalls::posix(), c;
    c.open = [=, this](const char* p, int f, mode_t m) {
      return fails() ? -1 : real.open(p, f, m);
    };
    c.write = [=, this](int file, const void* data, size_t n) {
      if (!fails(true)) return real.write(file, data, n);
      return fault == short_write ? real.write(file, data, (n + 1) / 2) : ssize_t(-1);
    };
    c.fsync = [this](int) { return fails() ? -1 : 0; };  // slow, and no power is lost
    c.close = [=, this](int file) {
      const int result = real.close(file);  // the descriptor is gone even when close fails
      return fails() ? -1 : result;
    };
    c.rename = [=, this](const char* a, const char* b) { return fails() ? -1 : real.rename(a, b); };
    c.link = [=, this](const char* a, const char* b) {
      if (fails()) return -1;
      if (!hard_links) errno = EPERM;
      return hard_links ? real.link(a, b) : -1;
    };
    c.unlink = [=](const char* p) { return real.unlink(p); };
    return c;
  }
};

}  // namespace

TEST_CASE("atomic file: replaces the old file and keeps it as the previous one") {
  for (bool hard_links : {true, false}) {
    Trial t;
    Failing counter;
    CHECK(t.attempt(counter.wrap(hard_links)));
    CHECK(t.replaced());
    CHECK(t.files() == 2);
  }
}

TEST_CASE("atomic file: the umask decides who may read, and links are not followed") {
  Trial t;
  const mode_t before = ::umask(027);
  CHECK(t.attempt());
  ::umask(before);
  CHECK((fs::status(t.folder / "last").permissions() & fs::perms::mask) == fs::perms(0640));
  const fs::path target = t.folder / "target",
                 trap = (t.folder / "last").string() + ".tmp." + std::to_string(::getpid());
  tests::write_text(target, "precious");
  fs::create_symlink(target, trap);
  CHECK_FALSE(t.attempt());
  CHECK(tests::text_of(target) == "precious");
}

TEST_CASE("atomic file: without commit nothing happens") {
  Trial t;
  {
    AtomicFile file((t.folder / "last").string());
    file.write("abc", 3);
  }
  CHECK(t.untouched());
  CHECK(t.files() == 2);
  CHECK_THROWS_WITH(AtomicFile("/nowhere/at/all"),
                    "cannot create /nowhere/at/all: there is no folder /nowhere/at");
}

TEST_CASE("atomic file: each call fails once, or for good") {
  size_t attempts = 0, reported = 0;
  for (bool hard_links : {true, false})
    for (int reason : {EIO, ENOSPC, EINTR, EDQUOT})
      for (bool for_good : {false, true}) {
        if (for_good && reason == EINTR) continue;
        for (int number = 1;; ++number) {
          Trial t;
          Failing f{.number = number, .reason = reason, .for_good = for_good};
          const bool good = t.attempt(f.wrap(hard_links));
          INFO("call " << number << ", " << std::strerror(reason) << (for_good ? " for good" : "")
                       << (hard_links ? "" : ", no links") << ": " << t.error);
          CHECK(t.nothing_lost());
          CHECK(t.files() == 2);
          if (good) CHECK(t.replaced());
          if (!good) CHECK_THAT(t.error, Catch::Contains(std::strerror(reason)));
          ++attempts;
          reported += !good;
          if (f.failures == 0) break;
        }
      }
  for (int number = 1;; ++number) {
    Trial t;
    Failing f{.fault = Failing::short_write, .number = number, .reason = EINTR};
    CHECK(t.attempt(f.wrap()));
    CHECK(t.replaced());
    if (f.failures == 0) break;
  }
  std::cout << "failing calls: " << attempts << " attempts, " << reported << " reported\n";
  CHECK(attempts > 100);
  CHECK(reported > 70);
}

TEST_CASE("atomic file: a second name fails or works as a whole") {
  for (bool hard_links : {true, false})
    for (int number = 1;; ++number) {
      Trial t;
      Failing f{.number = number, .reason = EIO, .for_good = true};
      const std::string last = (t.folder / "last").string(),
                        previous = (t.folder / "previous").string();
      bool good = true;
      try {
        base::put_second_name(last, previous, f.wrap(hard_links));
      } catch (const base::Error& e) {
        good = false;
        CHECK_THAT(e.what(), Catch::Contains(previous));
      }
      const std::string now = tests::text_of(previous);
      CHECK((now == t.old || (!good && now == t.before)));
      CHECK(tests::text_of(last) == t.old);
      CHECK(t.files() == 2);
      if (f.failures == 0) {
        CHECK(good);
        break;
      }
    }
  Trial t;  // both names one file: rename() alone would leave the temporary name
  const std::string a = (t.folder / "last").string(), b = (t.folder / "previous").string();
  base::put_second_name(a, b);
  base::put_second_name(a, b);
  CHECK(t.files() == 2);
  CHECK(t.attempt());
  CHECK(t.replaced());
  CHECK(t.files() == 2);
}

TEST_CASE("atomic file: disk full at 64 places") {
  for (int place = 0; place < 64; ++place) {
    Trial t;
    size_t room = t.fresh.size() * size_t(place) / 64;
    FileCalls calls = FileCalls::posix();
    calls.write = [&](int file, const void* data, size_t n) -> ssize_t {
      n = std::min(n, room);
      if (n == 0) errno = ENOSPC;
      if (n == 0) return -1;
      room -= n;
      return ::write(file, data, n);
    };
    INFO("place " << place);
    const size_t expected = room;
    CHECK_FALSE(t.attempt(calls));
    CHECK(t.untouched());
    CHECK(t.files() == 2);
    CHECK_THAT(t.error, Catch::Contains(std::strerror(ENOSPC)) &&
                            Catch::Contains("(" + std::to_string(expected) + " bytes written"));
  }
}

TEST_CASE("atomic file: the process may write no longer files (ulimit -f)") {
  struct rlimit before;
  REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
  auto* handler = std::signal(SIGXFSZ, SIG_IGN);
  for (int place = 0; place < 64; ++place) {
    Trial t;
    struct rlimit limit = before;
    limit.rlim_cur = rlim_t(t.fresh.size() * size_t(place) / 64);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &limit) == 0);
    bool good = t.attempt();
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    INFO("place " << place);
    CHECK_FALSE(good);
    CHECK(t.untouched());
    CHECK(t.files() == 2);
    CHECK_THAT(t.error, Catch::Contains(std::strerror(EFBIG)));
  }
  std::signal(SIGXFSZ, handler);
}

TEST_CASE("atomic file: a file system that is full for real") {
  tests::TemporaryFolder folder;
  if (::mount("ssd320", folder.path().c_str(), "tmpfs", 0, "size=128k") != 0) {
    std::cout << "full tmpfs: not run, mount says: " << std::strerror(errno) << "\n";
    return;
  }
  int failed = 0, worked = 0;
  for (size_t filler = 0; filler < 112; filler += 4) {
    Trial t(folder.path());
    tests::write_text(folder.path() / "filler", std::string(filler << 10, 'f'));
    INFO("filler " << filler << " KiB");
    const bool good = t.attempt();
    CHECK((good ? t.replaced() : t.untouched()));
    CHECK(t.files() == 3);
    if (!good) CHECK_THAT(t.error, Catch::Contains(std::strerror(ENOSPC)));
    ++(good ? worked : failed);
  }
  CHECK(::umount(folder.path().c_str()) == 0);
  CHECK(failed > 5);
  CHECK(worked > 5);
}
