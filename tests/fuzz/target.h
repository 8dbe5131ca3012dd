// A parser under fire. Each tests/fuzz/*_fuzz.cpp defines target() and LLVMFuzzerTestOneInput, and
// becomes a program of its own: with libFuzzer in a build of SSD_FUZZ, else with driver.cpp.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"

namespace fuzz {

struct Target {
  std::vector<std::string> seeds;  // sound inputs
  std::vector<std::string> words;  // pieces of the format, for mutations to put in
  int inputs = 5000;               // mutated ones that every run tries; seconds under sanitizers
};
Target target();

// Any bytes give a result or an base::Error of an expected code; all else ends the process.
template <class Parse> void expect(std::initializer_list<base::ExitCode> expected, Parse parse) {
  const char* unexpected = nullptr;
  std::string text;
  try {
    return parse();
  } catch (const base::Error& error) {
    for (base::ExitCode code : expected)
      if (error.code() == code) return;
    unexpected = "an error of another exit code", text = error.what();
  } catch (const std::exception& error) {
    unexpected = "an exception that is no base::Error", text = error.what();
  }
  std::fprintf(stderr, "broken contract: %s: %s\n", unexpected, text.c_str());
  std::abort();
}

// A file in memory, for parsers that take paths.
class MemoryFile {
 public:
  MemoryFile();
  ~MemoryFile();
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  const std::string& hold(std::string_view bytes);  // gives the path
  std::string link(const std::string& name) const;  // `name` becomes a link to the file

 private:
  int file_;
  std::string path_;
};

std::string file_bytes(const std::string& path);

}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);
