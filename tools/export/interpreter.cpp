#include "tools/export/interpreter.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <utility>

#include "engine/base/error.h"
#include "tools/export/process_group.h"

namespace onnx {
namespace {

using base::ExitCode, base::fail;

struct Descriptor {
  int number = -1;
  ~Descriptor() { reset(); }
  void reset() {
    if (number >= 0) ::close(std::exchange(number, -1));
  }
};

[[noreturn]] void refuse(const std::string& interpreter, const std::string& what) {
  fail(ExitCode::failed, "--verify: ", interpreter, " ", what,
       ", and was ended; see what it does with a script, or name another Python with --python");
}

[[noreturn]] void refuse_silent(const std::string& interpreter, std::chrono::milliseconds silence) {
  refuse(interpreter,
         base::concatenate("printed nothing for ", double(silence.count()) / 1000, " s"));
}

// Whether there is something to read, or the end, in this time.
bool can_read(int pipe, std::chrono::milliseconds most) {
  pollfd ready{.fd = pipe, .events = POLLIN, .revents = 0};
  int found;
  while ((found = ::poll(&ready, 1, int(most.count()))) < 0 && errno == EINTR) {
  }
  return found != 0;
}

std::string all_output(int pipe, const std::string& interpreter, const InterpreterLimits& limits) {
  std::string text;
  char bytes[4096];
  while (true) {
    if (!can_read(pipe, limits.silence)) refuse_silent(interpreter, limits.silence);
    const ssize_t n = ::read(pipe, bytes, sizeof bytes);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return text;
    text.append(bytes, size_t(n));
    if (text.size() > limits.bytes)
      refuse(interpreter, base::concatenate("printed more than ", limits.bytes, " bytes"));
  }
}

std::string last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

}  // namespace

InterpreterOutput run_interpreter(const std::string& interpreter,
                                  const std::vector<std::string>& arguments,
                                  const InterpreterLimits& limits) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0)
    fail(ExitCode::resources, "cannot start ", interpreter, ": ", std::strerror(errno));
  const Descriptor in{ends[0]};
  Descriptor out{ends[1]};
  const ProcessGroup group(interpreter, arguments, out.number);
  if (const int problem = group.problem()) {
    if (problem != ENOENT && problem != EACCES && problem != ENOEXEC)
      fail(ExitCode::resources, "cannot start ", interpreter, ": ", std::strerror(problem));
    return {.last_line = std::strerror(problem), .exit_code = 127};
  }
  out.reset();
  std::string line = last_line(all_output(in.number, interpreter, limits));
  const std::optional<int> code = group.exit_code(limits.silence);
  if (!code) refuse_silent(interpreter, limits.silence);
  return {.last_line = std::move(line), .exit_code = *code};
}

}  // namespace onnx
