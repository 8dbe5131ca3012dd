#include "tools/command_line.h"

#include <execinfo.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <new>
#include <string>
#include <system_error>

#include "engine/base/error.h"
#include "engine/base/start_folder.h"
#include "engine/base/temporary_name.h"
#include "engine/base/text.h"
#include "engine/device_words.h"
#include "engine/plan_worker.h"
#include "tools/pages/pages.h"

namespace tools {

using base::ExitCode;

namespace {

int complain(const std::string& program, std::string message, ExitCode code) {
  std::cout.flush();
  while (message.ends_with('\n')) message.pop_back();
  // One write for the line, so that lines of several ranks do not mix.
  std::cerr << program + ": " + base::printable(message) + "\n";
  return int(code);
}

// Opens /dev/null onto standard descriptors that were closed when the program started ("<&-"). Else
// the next file that the program opens would take their number: it would be read as standard input,
// or errors would be written into it. Standard output stays without a writer, so that results which
// nobody can get are still an error.
bool fill_standard_descriptors() {
  constexpr int kModes[] = {O_RDONLY, O_RDONLY, O_WRONLY};
  for (int descriptor = 0; descriptor < 3; ++descriptor)
    if (::fcntl(descriptor, F_GETFD) < 0 && errno == EBADF &&
        ::open("/dev/null", kModes[descriptor]) != descriptor)  // takes the lowest free number
      return false;
  return true;
}

// Makes sure that all output was written. If the reader has closed the pipe, there is no message.
int flushed(const std::string& program, int code) {
  std::cout.flush();
  bool good = std::fflush(stdout) == 0 && !std::ferror(stdout) && std::cout.good();
  if (good) return code;
  int failed = code ? code : int(ExitCode::failed);
  if (reader_has_gone()) return failed;
  return complain(program, "cannot write all of the output to standard output", ExitCode(failed));
}

int run_body(const std::string& program, const std::function<int()>& body) {
  try {
    return body();
  } catch (const std::exception& error) {
    const base::Error told = as_error(error);
    const bool of_system = dynamic_cast<const std::system_error*>(&error);
    if (of_system && told.code() == ExitCode::failed && reader_has_gone()) return int(told.code());
    const bool of_paths = told.code() == ExitCode::usage || told.code() == ExitCode::data ||
                          told.code() == ExitCode::checkpoint;
    return complain(program,
                    std::string(told.what()) + (of_paths ? base::removed_folder_in_words() : ""),
                    told.code());
  }
}

// Nothing here may allocate, so it makes only calls that are safe in a signal handler.
[[noreturn]] void end_without_memory() {
  const auto say = [](const char* text) { return write(STDERR_FILENO, text, std::strlen(text)); };
  const bool said = say(program_invocation_short_name) >= 0 && say(": out of memory\n") >= 0;
  _exit(said ? int(ExitCode::resources) : int(ExitCode::failed));
}

std::terminate_handler default_terminate;

[[noreturn]] void terminated() {
  try {
    if (std::current_exception()) throw;
  } catch (const std::bad_alloc&) {
    end_without_memory();
  } catch (...) {
  }
  default_terminate();
  std::abort();
}

}  // namespace

base::Error as_error(const std::exception& error) {
  if (const auto* ours = dynamic_cast<const base::Error*>(&error)) return *ours;
  if (dynamic_cast<const std::bad_alloc*>(&error)) return {ExitCode::resources, "out of memory"};
  const auto* of_system = dynamic_cast<const std::system_error*>(&error);
  if (of_system && of_system->code() == std::errc::resource_unavailable_try_again)
    return {ExitCode::resources, "out of memory or threads: a thread could not be started"};
  const auto* of_files = dynamic_cast<const std::filesystem::filesystem_error*>(&error);
  return {of_files ? ExitCode::data : ExitCode::failed, error.what()};
}

// errno of a write cannot tell, because it may be that of another call by now.
bool reader_has_gone() {
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP));
}

bool output_is_closed() {
  const int flags = ::fcntl(STDOUT_FILENO, F_GETFL);
  return flags < 0 || (flags & O_ACCMODE) == O_RDONLY;
}

void handle_lack_of_memory() {
  default_terminate = std::set_terminate(terminated);
  // The C library loads the unwinder when an exception first passes through one of its functions,
  // such as pthread_once. Without memory for that it would call abort(), so it loads it now.
  void* frame = nullptr;
  ::backtrace(&frame, 1);
}

std::string device_values() {
  return fmt::format("{}|{}:N", fmt::join(engine::kDeviceWords, "|"), engine::kGpuWord);
}

int run_program(int argc, char** argv, Program& program, const std::function<int()>& body) {
  const std::string name = program.name();
  if (!fill_standard_descriptors())
    return complain(name, "/dev/null cannot be opened in place of a closed standard descriptor",
                    ExitCode::resources);
  if (argc == 2 && std::string(argv[1]) == engine::kPlanWorkerOption)
    return engine::run_plan_worker();
  signal(SIGPIPE, SIG_IGN);
  base::remove_temporary_files_at_signals();
  signal(SIGXFSZ, SIG_IGN);  // so that a limit of the file size is an error of write()
  if (argc == 2)
    if (const std::string page = generated_page(argv[1], program); !page.empty()) {
      std::cout << page;
      return flushed(name, 0);
    }
  try {
    if (const std::string answer = program.parse(argc, argv); !answer.empty()) {
      std::cout << answer;
      return flushed(name, 0);
    }
  } catch (const base::Error& error) {
    return complain(name, error.what(), error.code());
  }
  return flushed(name, run_body(name, body));
}

int run_program(int argc, char** argv, Program& program, const std::function<void()>& body) {
  return run_program(argc, argv, program, std::function<int()>([&body] {
                       body();
                       return int(ExitCode::done);
                     }));
}

int run_commands(int argc, char** argv, Program& program, const std::vector<Command>& commands) {
  program.require_command();
  return run_program(argc, argv, program, std::function<int()>([&] {
                       for (const Command& command : commands)
                         if (command.options.given()) return command.run();
                       return 0;
                     }));
}

}  // namespace tools
