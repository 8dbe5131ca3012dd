#include "tools/command_line.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <new>
#include <optional>
#include <string>
#include <system_error>

#include "engine/base/error.h"
#include "engine/base/nearest_name.h"
#include "engine/base/temporary_name.h"
#include "engine/base/text.h"
#include "engine/base/version.h"
#include "engine/device_words.h"
#include "engine/plan_worker.h"
#include "tools/help_format.h"
#include "tools/pages/pages.h"
#include "tools/plain_words.h"

namespace tools {

using base::ExitCode;

namespace {

// The words that the user can have meant: the options (or subcommands) of the app and of the
// subcommands in use.
std::vector<std::string> known_words(const CLI::App& app, bool options) {
  std::vector<std::string> words;
  if (options) {
    for (const CLI::Option* option : app.get_options()) {
      for (const std::string& name : option->get_lnames()) words.push_back("--" + name);
      for (const std::string& name : option->get_snames()) words.push_back("-" + name);
    }
  } else {
    for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
      words.push_back(sub->get_name());
  }
  for (const CLI::App* sub : app.get_subcommands())
    for (std::string& word : known_words(*sub, options)) words.push_back(std::move(word));
  return words;
}

bool is_option(const std::string& word) { return word.starts_with("-") && word != "--"; }

// "unknown option --foo, did you mean --bar?"
std::string with_nearest(const CLI::App& app, const std::string& kind, const std::string& word) {
  const std::string nearest = base::nearest_name(word, known_words(app, is_option(word)));
  return fmt::format("{} {}{}", kind, word,
                     nearest.empty() ? ", see --help" : ", did you mean " + nearest + "?");
}

// What is wrong with the words that belong to no option and no subcommand. If there is an unknown
// option among them, the message names that.
std::string unexpected(const CLI::App& app, const std::string& kind_of_others) {
  const std::vector<std::string> rest = app.remaining(true);
  const auto option = std::find_if(rest.begin(), rest.end(), is_option);
  if (option != rest.end())
    return with_nearest(app, "unknown option", option->substr(0, option->find('=')));
  return with_nearest(app, kind_of_others, rest.front());
}

// The first option that the program does not have, if the line has one. The parser may find another
// mistake first, which the unknown option can have caused: its value then stands for something
// else.
std::string unknown_option(const CLI::App& app) {
  const std::vector<std::string> rest = app.remaining(true);
  return std::any_of(rest.begin(), rest.end(), is_option) ? unexpected(app, "") : "";
}

// What is wrong with a command line without a command. The user meant one by the first word that is
// not an option.
std::string without_command(const CLI::App& app) {
  const std::vector<std::string> rest = app.remaining(true);
  const auto word = std::find_if_not(rest.begin(), rest.end(), is_option);
  if (word != rest.end()) return with_nearest(app, "unknown command", *word);
  if (!rest.empty()) return unexpected(app, "");
  return fmt::format("which command? One of {}", fmt::join(known_words(app, false), ", "));
}

// "--flag=3" is a mistake, and not a flag.
void refuse_values_of_flags(CLI::App& app) {
  for (CLI::Option* option : app.get_options())
    if (option->get_expected_max() == 0) option->disable_flag_override();
  for (CLI::App* sub : app.get_subcommands([](CLI::App*) { return true; }))
    refuse_values_of_flags(*sub);
}

// An option has an empty value if a variable of the shell is not set. To go on without the option
// is not what the user meant.
void refuse_empty(const CLI::App& app) {
  for (const CLI::Option* option : app.get_options())
    for (const std::string& value : option->count() > 0 ? option->results() : CLI::results_t())
      if (value.empty())
        base::fail(ExitCode::usage, option->get_name(),
                   " is empty: is a variable not set? Leave the option out, or give a value");
  for (const CLI::App* sub : app.get_subcommands()) refuse_empty(*sub);
}

// The parser would take the word after "--resume=" for its value.
void refuse_empty_words(int argc, char** argv) {
  for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i) {
    const std::string_view word = argv[i];
    if (word.starts_with("--") && word.find('=') == word.size() - 1)
      base::fail(ExitCode::usage, word,
                 " is empty: is a variable not set? Leave the option out, or give a value");
  }
}

int complain(const std::string& program, std::string message, ExitCode code) {
  std::cout.flush();
  while (message.ends_with('\n')) message.pop_back();
  // At once: the lines of several ranks stay whole.
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
  } catch (const base::Error& error) {
    return complain(program, error.what(), error.code());
  } catch (const std::bad_alloc&) {
    return complain(program, "out of memory", ExitCode::resources);
  } catch (const std::filesystem::filesystem_error& error) {
    return complain(program, error.what(), ExitCode::data);
  } catch (const std::system_error& error) {
    if (reader_has_gone()) return int(ExitCode::failed);
    return complain(program, error.what(), ExitCode::failed);
  } catch (const std::exception& error) {
    return complain(program, error.what(), ExitCode::failed);
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

// Parses the command line. Returns the exit code if the program ends here: after -h, --version or a
// mistake.
std::optional<int> parse(int argc, char** argv, CLI::App& app) {
  const std::string program = app.get_name();
  try {
    refuse_empty_words(argc, argv);
    refuse_values_of_flags(app);
    app.parse(argc, argv);
    refuse_empty(app);
  } catch (const base::Error& error) {
    return complain(program, error.what(), error.code());
  } catch (const CLI::CallForVersion& version) {
    std::cout << version.what();
    return flushed(program, 0);
  } catch (const CLI::Success& help) {  // -h
    app.exit(help, std::cout, std::cerr);
    return flushed(program, 0);
  } catch (const CLI::ExtrasError&) {
    return complain(program, unexpected(app, "unexpected argument"), ExitCode::usage);
  } catch (const CLI::RequiresError& error) {
    const std::string unknown = unknown_option(app);
    const std::string message = in_plain_words(error.get_name(), error.what());
    return complain(program, unknown.empty() ? message : unknown, ExitCode::usage);
  } catch (const CLI::RequiredError& error) {
    const bool needs_command =
        app.get_require_subcommand_min() > 0 && app.get_subcommands().empty();
    return complain(program, needs_command ? without_command(app) : error.what(), ExitCode::usage);
  } catch (const CLI::ParseError& error) {
    return complain(program, in_plain_words(error.get_name(), error.what()), ExitCode::usage);
  }
  return std::nullopt;
}

}  // namespace

// errno of a write cannot tell, because it may be that of another call by now.
bool reader_has_gone() {
  pollfd out{STDOUT_FILENO, POLLOUT, 0};
  return poll(&out, 1, 0) > 0 && (out.revents & (POLLERR | POLLHUP));
}

bool output_is_closed() {
  const int flags = ::fcntl(STDOUT_FILENO, F_GETFL);
  return flags < 0 || (flags & O_ACCMODE) == O_RDONLY;
}

void handle_lack_of_memory() { default_terminate = std::set_terminate(terminated); }

void describe_program(CLI::App& app, const std::string& summary,
                      const std::vector<Example>& examples) {
  app.description(summary);
  app.formatter(std::make_shared<HelpFormat>(examples));
  std::string program = app.get_name();
  app.set_version_flag(
      "--version", [program] { return base::version_text(program); }, "Print versions and exit");
}

CLI::Validator seed_range() { return CLI::Range(int64_t{0}, INT64_MAX); }

CLI::Validator number_between(double least, double most) {
  CLI::Validator range = CLI::Range(least, most);
  range.operation([check = CLI::Range(least, most), least, most](std::string& text) {
    double value = 0;
    if (CLI::detail::lexical_cast(text, value) && std::isnan(value))
      return fmt::format("Value {} not in range {} to {}", text, least, most);
    return check(text);
  });
  return range;
}

CLI::Option* takes_one_of(CLI::Option* option, const std::vector<std::string>& words) {
  const auto check = [words](std::string& word) {
    if (std::find(words.begin(), words.end(), word) != words.end()) return std::string();
    return fmt::format("expected {}, found {}", fmt::join(words, " or "), word);
  };
  return option->check(CLI::Validator(check, ""))
      ->type_name(fmt::format("{}", fmt::join(words, "|")));
}

std::string device_values() {
  return fmt::format("{}|{}:N", fmt::join(engine::kDeviceWords, "|"), engine::kGpuWord);
}

int run_program(int argc, char** argv, CLI::App& app, const std::function<int()>& body) {
  const std::string program = app.get_name();
  if (!fill_standard_descriptors())
    return complain(program, "/dev/null cannot be opened in place of a closed standard descriptor",
                    ExitCode::resources);
  if (argc == 2 && std::string(argv[1]) == engine::kPlanWorkerOption)
    return engine::run_plan_worker();
  signal(SIGPIPE, SIG_IGN);
  base::remove_temporary_files_at_signals();
  signal(SIGXFSZ, SIG_IGN);  // so that a limit of the file size is an error of write()
  if (argc == 2)
    if (const std::string page = generated_page(argv[1], app); !page.empty()) {
      std::cout << page;
      return flushed(program, 0);
    }
  if (const auto code = parse(argc, argv, app)) return *code;
  return flushed(program, run_body(program, body));
}

int run_program(int argc, char** argv, CLI::App& app, const std::function<void()>& body) {
  return run_program(argc, argv, app, std::function<int()>([&body] {
                       body();
                       return int(ExitCode::done);
                     }));
}

int run_commands(int argc, char** argv, CLI::App& app, const std::vector<Command>& commands) {
  app.require_subcommand(1);
  return run_program(argc, argv, app, std::function<int()>([&] {
                       for (const Command& command : commands)
                         if (command.options->parsed()) return command.run();
                       return 0;
                     }));
}

}  // namespace tools
