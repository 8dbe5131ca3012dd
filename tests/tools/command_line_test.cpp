// What all programs have in common, tried in child processes.
#include "tools/command_line.h"
#include "tests/support/catch.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <iostream>

#include "engine/base/error.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"
#include "tools/logs/progress.h"
#include "tools/run/stop_signal.h"

namespace {

using Body = std::function<int()>;

int program(std::vector<std::string> words, const Body& body) {
  words.insert(words.begin(), "ssdtest");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  tools::Program program("ssdtest", "Tests things.",
                         {{"ssdtest --config a.json", "test a"}, {"ssdtest stop", "stop"}});
  std::string config;
  int count = 0;
  double part = 0;
  bool fast = false;
  std::vector<std::string> overrides;
  program.add("--config", config, "Configuration file");
  program.add("--count", count, "How often").between(0, 9);
  program.add("--part", part, "How much").between(0.0, 1.0);
  std::string kind;
  uint64_t seed = 0, limit = 0;
  const tools::Option seed_option = program.add("--seed", seed, "Seed");
  program.add("--limit", limit, "At most").seed_range();
  program.add("--kind", kind, "Which").one_of({"old", "new"});
  program.add("--random", fast, "Any seed").excludes(seed_option);
  program.add("--reuse", count, "Again").needs(seed_option);
  program.add("overrides", overrides, "key.path=value");
  program.add_command("stop", "Stops").add("--fast", fast, "Fast");
  return tools::run_program(int(words.size()), argv.data(), program, body);
}

// Runs `body` in a child whose stdout and stderr go into files.
tests::Outcome in_child(const std::function<int()>& body, const std::string& out_path = "") {
  tests::TemporaryFolder folder;
  std::string out = out_path.empty() ? (folder.path() / "out").string() : out_path;
  std::string err = folder.path() / "err";
  std::cout.flush();
  fflush(nullptr);
  pid_t child = fork();
  if (child == 0) {
    dup2(open(out.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDOUT_FILENO);
    dup2(open(err.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), STDERR_FILENO);
    int code = body();
    std::cout.flush();
    fflush(nullptr);
    _exit(code);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status),
          out_path.empty() ? tests::text_of(out) : "", tests::text_of(err)};
}

tests::Outcome outcome_of(
    const std::vector<std::string>& words, const Body& body = [] { return 0; }) {
  return in_child([&] { return program(words, body); });
}

}  // namespace

TEST_CASE("help: examples first, at most 60 lines, on stdout") {
  for (const char* flag : {"-h", "--help"}) {
    tests::Outcome o = outcome_of({flag});
    CHECK(o.exit_code == 0);
    CHECK(o.err.empty());
    CHECK(std::count(o.out.begin(), o.out.end(), '\n') <= 60);
    CHECK(o.out.find("Examples:") < o.out.find("--config TEXT"));
    CHECK_THAT(o.out, Catch::StartsWith(
                          "Tests things.\n\nExamples:\n  ssdtest --config a.json\n      test a\n"));
    CHECK_THAT(o.out, Catch::Contains("Usage: ssdtest"));
  }
  // The help of a command has the examples that call it.
  CHECK_THAT(outcome_of({"stop", "-h"}).out,
             Catch::StartsWith("Stops\n\nExamples:\n  ssdtest stop\n      stop\n\nUsage: ") &&
                 Catch::Contains("--fast"));
}

TEST_CASE("help says which options go together after the meaning") {
  const std::string help = outcome_of({"-h"}).out;
  CHECK_THAT(help, Catch::Contains("Any seed; not with --seed") &&
                       Catch::Contains("Again; only with --seed") && !Catch::Contains("Needs:"));
}

TEST_CASE("version") {
  tests::Outcome o = outcome_of({"--version"});
  CHECK(o.exit_code == 0);
  CHECK_THAT(o.out, Catch::StartsWith("ssdtest 0."));
  for (const char* part : {"(git ", "compiler: ", "CUDA: ", "cuDNN: ", "cuBLASLt: ", "NCCL: ",
                           "oneDNN: ", "GPU architectures: "})
    CHECK_THAT(o.out, Catch::Contains(part));
}

TEST_CASE("whole numbers may have a point or an exponent, as those of a configuration") {
  for (const char* word : {"5", "5.0", "0.5e1", "+5"}) {
    const tests::Outcome o = outcome_of({"--count", word}, [] { return 7; });
    INFO(word << ": " << o.err);
    CHECK(o.exit_code == 7);
  }
}

TEST_CASE("errors of the command line: code 2, one line, the nearest name") {
  const std::pair<std::vector<std::string>, const char*> rows[] = {
      {{"--confg", "x"}, "ssdtest: unknown option --confg, did you mean --config?\n"},
      {{"--cuont=3"}, "ssdtest: unknown option --cuont, did you mean --count?\n"},
      {{"--zzzzzzzz"}, "ssdtest: unknown option --zzzzzzzz, see --help\n"},
      {{"stop", "--fats"}, "ssdtest: unknown option --fats, did you mean --fast?\n"},
      {{"--count", "x"}, "ssdtest: "},
      {{"stop", "--fast=3"}, "ssdtest: --fast takes no value\n"},
      {{"--count", "10"}, "ssdtest: --count: expected a number from 0 to 9, found 10\n"},
      {{"--part", "1.5"}, "ssdtest: --part: expected a number from 0 to 1, found 1.5\n"},
      {{"--part", "nan"}, "ssdtest: --part: expected a number from 0 to 1, found nan\n"},
      {{"--config", "a", "--config", "b"}, "ssdtest: --config is given 2 times, expected once\n"},
      {{"--config"}, "ssdtest: --config has no value, expected TEXT after it\n"},
      {{"--kind", "odd"}, "ssdtest: --kind: expected old or new, found odd\n"},
      {{"--kind"}, "ssdtest: --kind has no value, expected old|new after it\n"},
      {{"--count", "1e1"}, "ssdtest: --count: expected a number from 0 to 9, found 10\n"},
      {{"--seed", "1e18"},
       "ssdtest: --seed: expected all digits of a number from 2^53 on, found "
       "1e18\n"},
      {{"--seed", "x1"}, "ssdtest: --seed: expected a number, found x1\n"},
      {{"--seed", "1.5"}, "ssdtest: --seed: expected a whole, not negative number, found 1.5\n"},
      {{"--seed", "99999999999999999999"}, "ssdtest: --seed: 99999999999999999999 is too large\n"},
      {{"--limit", "9223372036854775808"}, "ssdtest: --limit: expected a number from 0 to "},
      {{"--seed", "3", "--random"}, "ssdtest: --seed and --random do not go together, "},
      {{"--reuse", "1"}, "ssdtest: --reuse needs --seed, too\n"},
      {{"--reuse", "1", "--max", "3"}, "ssdtest: unknown option --max, see --help\n"},
      {{"--kind", "a requires b"}, "ssdtest: --kind: expected old or new, found a requires b\n"},
  };
  for (const auto& [words, expected] : rows) {
    tests::Outcome o = outcome_of(words);
    INFO(expected);
    CHECK(o.exit_code == 2);
    CHECK(o.out.empty());
    CHECK_THAT(o.err, Catch::StartsWith(expected));
    CHECK(std::count(o.err.begin(), o.err.end(), '\n') == 1);
  }
}

TEST_CASE("errors of the program: their code and one line") {
  auto throws = [](auto error) { return Body([error]() -> int { throw error; }); };
  tests::Outcome o =
      outcome_of({}, throws(base::Error(base::ExitCode::data, "bad\nfile\x1b name")));
  CHECK(o.exit_code == 3);
  CHECK(o.err == "ssdtest: bad\\nfile\\x1b name\n");
  CHECK(outcome_of({}, throws(base::Error(base::ExitCode::diverged, "x"))).exit_code == 5);
  CHECK(outcome_of({}, throws(base::Error(base::ExitCode::stopped_early, "x"))).exit_code == 75);
  o = outcome_of({}, throws(std::bad_alloc()));
  CHECK(o.exit_code == 6);
  CHECK(o.err == "ssdtest: out of memory\n");
  o = outcome_of({}, throws(std::runtime_error("odd")));
  CHECK(o.exit_code == 1);
  CHECK(o.err == "ssdtest: odd\n");
  CHECK(outcome_of({}, [] { return 75; }).exit_code == 75);
  CHECK(outcome_of({"a=1", "b=2"}).exit_code == 0);
  CHECK(outcome_of({"--part", "0.5"}).exit_code == 0);
}

TEST_CASE("stdout that cannot be written is never a success") {
  auto prints = [] {
    return program({}, [] {
      std::cout << std::string(100000, 'x') << "\n";
      return 0;
    });
  };
  tests::Outcome full = in_child(prints, "/dev/full");
  CHECK(full.exit_code == 1);
  CHECK_THAT(full.err, Catch::Contains("ssdtest: cannot write all of the output"));
  tests::Outcome closed = in_child([&] {
    int ends[2];
    if (pipe(ends) != 0) return 99;
    close(ends[0]);
    dup2(ends[1], STDOUT_FILENO);
    return prints();
  });
  CHECK(closed.exit_code == 1);
  CHECK(closed.err.empty());
}

TEST_CASE("no file takes the place of a standard descriptor that is closed at the start") {
  // Opens a file as a program would, and ends with the number of its descriptor.
  const auto first_free = [](std::vector<int> closed) {
    return in_child([=] {
             for (const int descriptor : closed) close(descriptor);
             return program({}, [] { return open("/dev/null", O_RDONLY | O_CLOEXEC); });
           })
        .exit_code;
  };
  const int usual = first_free({});
  REQUIRE(usual > STDERR_FILENO);
  for (const std::vector<int>& closed :
       {std::vector{STDIN_FILENO}, {STDERR_FILENO}, {STDIN_FILENO, STDERR_FILENO}})
    CHECK(first_free(closed) == usual);
}

TEST_CASE("closed standard descriptors: an empty input, and an output that cannot be written") {
  const tests::Outcome input = in_child([] {
    close(STDIN_FILENO);
    return program({}, [] {
      char byte = 0;
      return read(STDIN_FILENO, &byte, 1) == 0 ? 0 : 99;
    });
  });
  CHECK(input.exit_code == 0);
  const tests::Outcome output = in_child([] {
    close(STDOUT_FILENO);
    return program({}, [] {
      std::cout << "a result\n";
      return 0;
    });
  });
  CHECK(output.exit_code == 1);
  CHECK(output.err == "ssdtest: cannot write all of the output to standard output\n");
}

TEST_CASE("colours: NO_COLOR, TERM=dumb and files want none") {
  CHECK(in_child([] { return int(logs::lively_terminal(STDERR_FILENO)); }).exit_code == 0);
}

TEST_CASE("the first signal asks, the second ends the program at once") {
  auto twice = [](int first, int second) {
    return in_child([=] {
             run::StopSignal stop;
             if (stop.requested()) return 1;
             raise(first);
             if (!stop.requested()) return 2;
             raise(second);
             return stop.reason() == "SIGTERM" ? 10 : stop.reason() == "SIGUSR1" ? 11 : 12;
           })
        .exit_code;
  };
  CHECK(twice(SIGTERM, SIGTERM) == 143);
  CHECK(twice(SIGINT, SIGINT) == 130);
  CHECK(twice(SIGTERM, SIGINT) == 130);
  CHECK(twice(SIGUSR1, SIGUSR1) == 11);
  CHECK(twice(SIGTERM, SIGUSR1) == 10);
  CHECK(twice(SIGUSR1, SIGTERM) == 143);
}

TEST_CASE("a time budget asks for a stop, too") {
  run::StopSignal stop(1e-6);
  usleep(1000);
  CHECK(stop.requested());
  CHECK_THAT(stop.reason(), Catch::StartsWith("time budget of "));
  CHECK_FALSE(run::StopSignal(60).requested());
}

TEST_CASE("a command that is missing or misspelt") {
  const auto with = [](std::vector<std::string> words) {
    return in_child([&] {
      words.insert(words.begin(), "ssdtest");
      std::vector<char*> argv;
      for (std::string& word : words) argv.push_back(word.data());
      argv.push_back(nullptr);
      std::string value;
      tools::Program program("ssdtest", "Tests things.", {});
      program.add_command("stats", "Counts").add("--input", value, "a file").required();
      program.add_command("show", "Shows");
      return tools::run_commands(int(words.size()), argv.data(), program, {});
    });
  };
  const std::pair<std::vector<std::string>, const char*> rows[] = {
      {{"stat"}, "ssdtest: unknown command stat, did you mean stats?\n"},
      {{"stat", "--input", "x"}, "ssdtest: unknown command stat, did you mean stats?\n"},
      {{"zzzzzz"}, "ssdtest: unknown command zzzzzz, see --help\n"},
      {{"--verison"}, "ssdtest: unknown option --verison, did you mean --version?\n"},
      {{}, "ssdtest: which command? One of stats, show\n"},
      {{"stats"}, "ssdtest: --input is required\n"},
      {{"--input", "x", "stats"}, "ssdtest: --input has its place after the command stats\n"},
      {{"stats", "--input", "x", "--version"},
       "ssdtest: --version has its place before the command\n"},
      {{"stats", "--input", "x", "stats"},
       "ssdtest: unexpected argument stats: give one command at a time\n"},
      {{"stats", "--input", "x", "show"},
       "ssdtest: unexpected argument show: give one command at a time\n"},
  };
  for (const auto& [words, expected] : rows) {
    const tests::Outcome o = with(words);
    CHECK(o.exit_code == 2);
    CHECK(o.err == expected);
    CHECK(o.out.empty());
  }
}
