// Errors that carry the program's exit code. Programs catch them once, in main.
#pragma once
#include <sstream>
#include <stdexcept>
#include <string>

namespace base {

// What a program returns to the shell. Users rely on these numbers.
enum class ExitCode {
  done = 0,
  failed = 1,
  usage = 2,           // command line or configuration
  data = 3,            // images, annotations, records
  checkpoint = 4,      // checkpoint or model file
  diverged = 5,        // non-finite loss or parameters
  resources = 6,       // out of memory, no such device, collective failed
  stopped_early = 75,  // stopped on request, checkpoint saved
};

// The message is one line for the user that says what is wrong, where, what was expected, and what
// to do.
class Error : public std::runtime_error {
 public:
  Error(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
  ExitCode code() const { return code_; }

 private:
  ExitCode code_;
};

template <class... Parts> std::string concatenate(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  return text.str();
}

// Throws Error(code) with the parts joined.
template <class... Parts> [[noreturn]] void fail(ExitCode code, const Parts&... parts) {
  throw Error(code, concatenate(parts...));
}

}  // namespace base

// Checks what only a mistake in the program can make false, not bad input. Throws Error(failed),
// with file and line, also in release builds.
#define SSD_CHECK(condition, ...)                                                             \
  do {                                                                                        \
    if (!(condition))                                                                         \
      ::base::fail(::base::ExitCode::failed, __FILE__, ":", __LINE__, ": ", #condition, ": ", \
                   ::base::concatenate(__VA_ARGS__));                                         \
  } while (false)
