// What an interpreter may do: it is bounded, and nothing of it is left behind.
#include "tools/export/interpreter.h"

#include <signal.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/failure.h"
#include "tests/support/files.h"
#include "tests/support/paths.h"
#include "tests/support/running_program.h"

namespace fs = std::filesystem;
using Catch::Contains, std::string;
using std::chrono::milliseconds;

namespace {

// A script in place of an interpreter.
class Script {
 public:
  explicit Script(const string& body) {
    tests::write_text(path(), "#!/bin/sh\n" + body + "\n");
    fs::permissions(path(), fs::perms::owner_all);
  }
  string path() const { return (folder_.path() / "python").string(); }
  string at(const string& name) const { return (folder_.path() / name).string(); }
  onnx::InterpreterOutput run(milliseconds silence = milliseconds(20'000), uint64_t bytes = 1000) {
    return onnx::run_interpreter(path(), {folder_.path().string(), "a b"}, {silence, bytes});
  }
  string error(milliseconds silence, uint64_t bytes = 1000) {
    return tests::failure([&] { run(silence, bytes); }, base::ExitCode::failed);
  }

 private:
  tests::TemporaryFolder folder_;
};

// Whether the process whose number the file holds is gone.
bool gone(const string& file) {
  const string number = tests::text_of(file);
  REQUIRE(number.ends_with('\n'));
  const pid_t process = pid_t(std::stoi(number));
  for (int i = 0; i < 1000 && tests::alive(process); ++i)
    std::this_thread::sleep_for(milliseconds(10));
  return !tests::alive(process);
}

constexpr milliseconds kSilence(3000);  // a script starts and writes its files in less

}  // namespace

TEST_CASE("the last line of both outputs and the exit code come back") {
  Script script("echo one; printf 'two: %s\\n\\n' \"$2\" >&2; exit 5");
  const onnx::InterpreterOutput output = script.run();
  CHECK(output.last_line == "two: a b");
  CHECK(output.exit_code == 5);
  CHECK(Script("true").run().last_line.empty());
  CHECK(Script("kill -9 $$").run().exit_code == -1);
  CHECK(Script("read line || echo no input").run().last_line == "no input");
}

TEST_CASE("a program that cannot be started is told by its reason") {
  const onnx::InterpreterOutput output = onnx::run_interpreter("/no/such/python", {});
  CHECK(output.exit_code == 127);
  CHECK(output.last_line == "No such file or directory");
}

TEST_CASE("a silent interpreter is ended, with what it has started") {
  Script script("sleep 100 & echo $! > \"$1/child\"\necho $$ > \"$1/leader\"\nwait");
  CHECK_THAT(script.error(kSilence),
             Contains(script.path() + " printed nothing for 3 s, and was ended"));
  CHECK(gone(script.at("leader")));
  CHECK(gone(script.at("child")));
}

TEST_CASE("an interpreter that closes its output and goes on is ended") {
  Script script("echo $$ > \"$1/leader\"\nexec > /dev/null 2>&1\nexec sleep 100");
  CHECK_THAT(script.error(kSilence), Contains("printed nothing for 3 s"));
  CHECK(gone(script.at("leader")));
}

TEST_CASE("endless output is not kept") {
  Script script("echo $$ > \"$1/leader\"\nwhile true; do echo 123456789; done");
  CHECK_THAT(script.error(milliseconds(20'000), 100'000),
             Contains("printed more than 100000 bytes, and was ended"));
  CHECK(gone(script.at("leader")));
}

TEST_CASE("an interpreter that goes on printing is not silent") {
  Script script("for i in 1 2 3 4 5 6 7 8; do sleep 0.5; echo $i; done");
  CHECK(script.run(kSilence).last_line == "8");
}

TEST_CASE("a program that the system has no room to start is not called missing") {
  const string longer_than_an_argument(size_t{1} << 20, 'a');
  CHECK(tests::failure([&] { onnx::run_interpreter("/bin/true", {longer_than_an_argument}); },
                       base::ExitCode::resources) ==
        "cannot start /bin/true: Argument list too long");
}

TEST_CASE("the interpreter gets the mask of signals that was there before") {
  const string mask = Script("grep SigBlk /proc/self/status").run().last_line;
  CHECK_THAT(tests::text_of("/proc/thread-self/status"), Contains(mask));
  CHECK_THAT(mask, Contains("SigBlk:"));
}

TEST_CASE("an exit code comes back where ends of children are ignored") {
  ::signal(SIGCHLD, SIG_IGN);
  CHECK(Script("exit 5").run(kSilence).exit_code == 5);
  CHECK(::signal(SIGCHLD, SIG_DFL) == SIG_IGN);
}

TEST_CASE("handlers of signals are as before") {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  sigfillset(&action.sa_mask);
  ::sigaction(SIGTERM, &action, nullptr);
  ::signal(SIGHUP, SIG_IGN);
  ::signal(SIGINT, SIG_DFL);
  Script("true").run();
  struct sigaction after {};
  ::sigaction(SIGTERM, nullptr, &after);
  ::signal(SIGTERM, SIG_DFL);
  CHECK(after.sa_handler == action.sa_handler);
  CHECK(sigismember(&after.sa_mask, SIGINT) == 1);
  CHECK(::signal(SIGHUP, SIG_DFL) == SIG_IGN);
  CHECK(::signal(SIGINT, SIG_DFL) == SIG_DFL);
}
