// Folders of runs: numbers, locks, what lies in them.
#include "tools/run/run_folder.h"
#include "tests/support/catch.h"

#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "engine/base/error.h"
#include "tests/support/failure.h"
#include "tests/support/paths.h"

namespace fs = std::filesystem;
using run::RunFolder;

namespace {

std::string first_line(const std::string& path) {
  std::string line;
  std::ifstream file(path);
  std::getline(file, line);
  return line;
}

RunFolder::Usable holds(const std::string& file) {
  return [file](const fs::path& folder) { return fs::exists(folder / file); };
}

}  // namespace

TEST_CASE("runs are numbered, and describe themselves") {
  tests::TemporaryFolder root;
  config::RunConfig config;
  config.name = "cells";
  config.train.batch_size = 7;
  std::string at = root.path() / "runs";
  RunFolder first = RunFolder::create(config, {"ssdtrain", "name=a b", "it's"}, at);
  RunFolder second = RunFolder::create(config, {}, at);
  CHECK(first.path() == fs::path(at) / "cells" / "1");
  CHECK(second.path() == fs::path(at) / "cells" / "2");
  CHECK(first_line(first.file("cmdline.txt")) == "ssdtrain 'name=a b' 'it'\\''s'");
  CHECK(config::load_run_config(first.file("config.json"), {}).train.batch_size == 7);
  auto env = nlohmann::json::parse(std::ifstream(first.file("env.json")));
  CHECK(env["versions"].contains("git"));
  CHECK(env["cpu_threads"] > 0);
  CHECK(env["memory_gib"] > 0.1);

  CHECK(RunFolder::latest(config, holds("last.safetensors"), at).empty());
  std::ofstream(first.file("last.safetensors")) << "x";
  CHECK(RunFolder::latest(config, holds("last.safetensors"), at) == first.path());
  CHECK(RunFolder::latest(config, holds("config.json"), at) == second.path());
}

TEST_CASE("runs that start together get folders of their own") {
  tests::TemporaryFolder root;
  config::RunConfig config;
  config.name = "race";
  constexpr int kRuns = 8;
  std::vector<std::thread> threads;
  for (int i = 0; i < kRuns; ++i)
    threads.emplace_back([&] { RunFolder::create(config, {}, root.path()); });
  for (std::thread& t : threads) t.join();
  for (int i = 1; i <= kRuns; ++i)
    CHECK(fs::exists(root.path() / "race" / std::to_string(i) / "config.json"));
}

TEST_CASE("one program per folder; a finished run is not overwritten") {
  tests::TemporaryFolder root;
  config::RunConfig config;
  config.output_dir = root.path() / "deep/run";
  auto message = [](auto&& action) { return tests::failure(action, base::ExitCode::usage); };
  {
    RunFolder folder = RunFolder::create(config, {"a"});
    CHECK_THAT(message([&] { RunFolder::open(config.output_dir, {}); }),
               Catch::Contains("in use by another program"));
    CHECK_THAT(message([&] { RunFolder::create(config, {}); }),
               Catch::Contains("in use by another program"));
    RunFolder moved = std::move(folder);
    CHECK_THAT(message([&] { RunFolder::open(config.output_dir, {}); }), Catch::Contains("in use"));
  }
  std::ofstream(config.output_dir + "/previous.safetensors") << "x";
  CHECK_THAT(message([&] { RunFolder::create(config, {}); }),
             Catch::Contains("holds a run already: resume it"));
  RunFolder again = RunFolder::open(config.output_dir, {"b"});
  std::ifstream lines(again.file("cmdline.txt"));
  std::string first, second;
  std::getline(lines, first);
  std::getline(lines, second);
  CHECK(first + second == "ab");
  CHECK_THAT(message([&] { RunFolder::open(root.path() / "nowhere", {}); }),
             Catch::Contains("no such folder"));
}

TEST_CASE("a place that cannot be written is an error of data") {
  config::RunConfig config;
  config.output_dir = "/proc/no/such/place";
  CHECK_THAT(tests::failure([&] { RunFolder::create(config, {}); }),
             Catch::Contains("/proc/no/such/place"));
  config.output_dir = "/dev/null/run";
  CHECK_THAT(tests::failure([&] { RunFolder::create(config, {}); }, base::ExitCode::usage),
             Catch::Contains("--output-dir: /dev/null/run: /dev/null is a device, and a folder"));
}

TEST_CASE("what was being written into a folder that is renamed is written once more") {
  tests::TemporaryFolder root;
  config::RunConfig config;
  config.output_dir = root.path() / "run";
  const RunFolder folder = RunFolder::create(config, {});
  std::vector<fs::path> given;
  const std::string unfinished = "last.safetensors.tmp." + std::to_string(::getpid());
  folder.write_into([&](const fs::path& path) {
    given.push_back(path);
    if (given.size() > 1) return;
    std::ofstream(path / unfinished) << "half";
    fs::rename(root.path() / "run", root.path() / "moved");
    base::fail(base::ExitCode::checkpoint, "cannot rename");
  });
  CHECK(given == std::vector<fs::path>{root.path() / "run", root.path() / "moved"});
  CHECK_FALSE(fs::exists(root.path() / "moved" / unfinished));
  int calls = 0;
  CHECK_THROWS_WITH(folder.write_into([&](const fs::path&) {
    ++calls;
    base::fail(base::ExitCode::checkpoint, "disk full");
  }),
                    "disk full");
  CHECK(calls == 1);
}
