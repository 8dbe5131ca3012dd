// Reading and writing whole files, whatever lies at their place or happens to them meanwhile.
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <thread>

#include "engine/base/append_file.h"
#include "engine/base/file.h"
#include "engine/base/file_kind.h"
#include "engine/base/input_file.h"
#include "engine/base/loaded_file.h"
#include "engine/base/write_file.h"
#include "tests/support/catch.h"
#include "tests/support/failure.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"
#include "tests/support/special_files.h"

namespace fs = std::filesystem;
using base::FileKind, base::write_file;
using tests::failure, tests::text_of;

TEST_CASE("files: what a path leads to") {
  const tests::TemporaryFolder folder;
  const auto at = [&](const char* name) { return (folder.path() / name).string(); };
  write_file(at("file"), std::string_view("x"));
  tests::make_pipe(at("pipe"));
  tests::make_socket(at("socket"));
  fs::create_symlink("pipe", at("link"));
  fs::create_symlink("nothing", at("dangling"));
  fs::create_hard_link(at("file"), at("hard"));
  CHECK(base::look_at(at("none")).kind == FileKind::absent);
  CHECK(base::look_at(at("file/below")).kind == FileKind::absent);
  CHECK(base::look_at(at("file")).kind == FileKind::regular);
  CHECK(base::look_at(at("file")).identity == base::look_at(at("hard")).identity);
  CHECK(base::look_at(at("file")).identity != base::look_at(at("pipe")).identity);
  CHECK(base::look_at(folder.path()).kind == FileKind::folder);
  CHECK(base::look_at(at("pipe")).kind == FileKind::stream);
  CHECK(base::look_at(at("link")).kind == FileKind::stream);
  CHECK(base::look_at(at("socket")).kind == FileKind::other);
  CHECK(base::look_at(at("dangling")).kind == FileKind::other);

  fs::create_symlink("/dev/stdout", at("out"));
  CHECK(base::descriptor_named("/dev/stderr") == 2);
  CHECK(base::descriptor_named("/dev/../dev/fd/7") == 7);
  CHECK(base::descriptor_named("/proc/self/fd/3") == 3);
  CHECK(base::is_standard_output(at("out")));
  CHECK_FALSE(base::descriptor_named(at("link")));
  CHECK_FALSE(base::descriptor_named("/proc/1/fd/1"));
}

TEST_CASE("files: a file is written whole, from bytes or a stream, or not at all") {
  const tests::TemporaryFolder folder;
  const std::string path = folder.path() / "f";
  write_file(path, std::string_view("one"));
  write_file(path, std::vector<uint8_t>{'t', 'w', 'o'}, base::not_durable());
  CHECK(text_of(path) == "two");
  const std::string large(3'000'000, 'x');
  write_file(path, [&](std::ostream& out) { out << large << 7; });
  CHECK(text_of(path) == large + "7");
  CHECK_THROWS_AS(write_file(path, [](std::ostream& out) { (out << "half").flush(), throw 1; }),
                  int);
  CHECK(text_of(path) == large + "7");
  CHECK(std::distance(fs::directory_iterator(folder.path()), {}) == 1);
  CHECK_THAT(failure([&] { write_file(folder.path() / "no/f", std::string_view("x")); }),
             Catch::Contains("cannot create"));
  CHECK_THAT(failure([&] { write_file(folder.path(), std::string_view("x")); }),
             Catch::Contains("it is a folder"));
}

TEST_CASE("files: a device that takes nothing is an error and stays a device") {
  const tests::TemporaryFolder folder;
  const std::string full = folder.path() / "full", link = folder.path() / "link";
  if (!tests::make_full_device(full)) return;
  fs::create_symlink(full, link);
  for (const std::string& path : {full, link}) {
    CHECK_THAT(failure([&] { write_file(path, std::string_view("x")); }),
               Catch::Contains("No space left"));
    CHECK_THAT(failure([&] {
                 write_file(path, [](std::ostream& out) { out << std::string(5'000'000, 'x'); });
               }),
               Catch::Contains("No space left"));
    CHECK(fs::is_character_file(path));
  }
}

TEST_CASE("files: an open descriptor is written where it stands") {
  const tests::TemporaryFolder folder;
  const std::string path = folder.path() / "log";
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT, 0644);
  REQUIRE(::write(file, "head ", 5) == 5);
  write_file("/dev/fd/" + std::to_string(file), std::string_view("body"));
  REQUIRE(::write(file, " tail", 5) == 5);
  ::close(file);
  CHECK(text_of(path) == "head body tail");
}

TEST_CASE("files: only regular files are read, and pipes are not waited for") {
  const tests::TemporaryFolder folder;
  const std::string pipe = folder.path() / "pipe", link = folder.path() / "link";
  tests::make_pipe(pipe);
  fs::create_symlink(pipe, link);
  for (const std::string& path : {pipe, link}) {
    CHECK_THAT(failure([&] { base::InputFile file(path); }), Catch::Contains("but a pipe"));
    CHECK_THAT(failure([&] { base::read_file(path, 100); }), Catch::Contains("but a pipe"));
    CHECK_THAT(failure([&] { base::LoadedFile file(path); }), Catch::Contains("but a pipe"));
  }
  CHECK_THAT(failure([&] { base::read_file("/dev/zero", 100); }), Catch::Contains("a device"));
  CHECK_THAT(failure([&] { base::read_file(folder.path(), 100); }),
             Catch::Contains("but a folder"));
}

TEST_CASE("files: a file that is shorter than it was is an error that says so") {
  const tests::TemporaryFolder folder;
  const std::string path = folder.path() / "f";
  write_file(path, std::string(100'000, 'a'));
  const base::InputFile file(path);
  std::string bytes(100'000, ' ');
  file.read_at(0, bytes.data(), bytes.size());
  fs::resize_file(path, 60'000);
  CHECK_THAT(
      failure([&] { file.read_at(50'000, bytes.data(), 50'000); }),
      Catch::Contains("became shorter while it was read") && Catch::Contains("100000 bytes"));
  fs::remove(path);  // the bytes that an open file has stay
  file.read_at(0, bytes.data(), 60'000);
}

TEST_CASE("files: a file that another thread keeps shortening never ends the program") {
  const tests::TemporaryFolder folder;
  const std::string path = folder.path() / "f", full(8'000'000, 'a');
  write_file(path, full);
  std::atomic<bool> stop = false;
  std::thread other([&] {
    while (!stop) {
      fs::resize_file(path, 0);
      fs::resize_file(path, full.size());
    }
  });
  size_t whole = 0, shorter = 0;
  for (int i = 0; i < 300; ++i) {
    const std::string error = failure([&] {
      const base::LoadedFile file(path);
      size_t sum = 0;
      for (const char c : file.bytes()) sum += size_t(c != 0);
      whole += sum <= full.size();
    });
    shorter += error.find("shorter") != std::string::npos;
  }
  stop = true;
  other.join();
  CHECK(whole + shorter == 300);
}

TEST_CASE("files: one that is too large is refused with the limit and what to do") {
  const tests::TemporaryFolder folder;
  const std::string path = folder.path() / "f";
  write_file(path, std::string(2049, 'a'));
  CHECK(failure([&] { base::LoadedFile(path, 2048); }) ==
        path +
            ": 2049 bytes, expected at most 2048 bytes (2 KiB); if it is the right file, make it "
            "smaller, or split it");
  CHECK(base::LoadedFile(path, 2049).bytes().size() == 2049);
}

TEST_CASE("files: positions count lines, forwards and backwards") {
  const tests::TemporaryFolder folder;
  const std::string path = folder.path() / "f";
  write_file(path, std::string_view("a\nb\nc\n"));
  base::LoadedFile file(path);
  CHECK(file.position(5) == path + ": byte 5, line 3: ");
  CHECK(file.position(2) == path + ": byte 2, line 2: ");
  CHECK(file.position(6) == path + ": byte 6, line 4: ");
  CHECK(file.position(0) == path + ": byte 0, line 1: ");
}

TEST_CASE("files: a log starts from nothing, but devices and pipes stay") {
  const tests::TemporaryFolder folder;
  const std::string path = folder.path() / "log", target = folder.path() / "target";
  write_file(target, std::string_view("precious"));
  fs::create_symlink(target, path);
  base::start_log(path);
  CHECK_FALSE(fs::exists(fs::symlink_status(path)));
  CHECK(text_of(target) == "precious");
  tests::make_pipe(path);
  base::start_log(path);
  base::keep_lines(path, [](std::string_view) { return base::LogLine::later; });
  CHECK(fs::is_fifo(path));
  fs::create_symlink(path, folder.path() / "link");  // as /dev/stdout is one
  base::start_log(folder.path() / "link");
  CHECK(fs::is_symlink(folder.path() / "link"));
}
