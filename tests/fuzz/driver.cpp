// The main program of a fuzz target where there is no libFuzzer: seeds, then mutated inputs, always
// the same ones.
//   x_fuzz                    seeds and as many mutated inputs as the target says
//   x_fuzz --inputs N         seeds and N mutated inputs, without the limit of memory, for valgrind
//   x_fuzz --number N         the mutated input N alone
//   x_fuzz --corpus FOLDER    writes seeds and words for libFuzzer, and stops
//   x_fuzz FILE...            these inputs
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/fuzz/mutation.h"
#include "tests/support/scale.h"

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kAddressSanitizer = true;
#else
constexpr bool kAddressSanitizer = false;
#endif

// Read by the sanitizers. An allocation or a process of more than an input may cost is an error.
extern "C" const char* __asan_default_options() {
  return "abort_on_error=1:max_allocation_size_mb=1024:hard_rss_limit_mb=2560";
}
extern "C" const char* __ubsan_default_options() { return "abort_on_error=1:print_stacktrace=1"; }

namespace {

constexpr unsigned kSecondsPerInput = 25;
constexpr int kFullScale = 1000000;
std::string current;  // input, for the message of a crash
uint64_t current_number = 0;
std::string program;

// The process is about to end; only the input matters any more.
void save_input(int signal_number) {
  std::signal(SIGABRT, SIG_DFL);
  const std::string path = "/tmp/" + program + ".failed";
  std::ofstream(path, std::ios::binary) << current;
  std::cerr << program << ": signal " << signal_number << " at input " << current_number
            << " (0: a seed or a file), now in " << path << std::endl;
  _exit(1);
}

void limit_memory() {
  if (kAddressSanitizer) return;  // it maps terabytes, and has limits of its own
  constexpr rlim_t kMost = rlim_t(2) << 30;
  const rlimit limit{kMost, kMost};
  setrlimit(RLIMIT_AS, &limit);
}

void try_input(std::string bytes, uint64_t number) {
  current = std::move(bytes);
  current_number = number;
  alarm(kSecondsPerInput);
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(current.data()), current.size());
  alarm(0);
}

void write_corpus(const fuzz::Target& target, const std::filesystem::path& folder) {
  std::filesystem::create_directories(folder);
  for (size_t i = 0; i < target.seeds.size(); ++i)
    std::ofstream(folder / ("seed" + std::to_string(i)), std::ios::binary) << target.seeds[i];
  std::ofstream words(folder.string() + ".dict");
  for (const std::string& word : target.words) {
    words << '"';
    for (unsigned char c : word) {
      char text[5];
      std::snprintf(text, sizeof text, "\\x%02x", c);
      words << text;
    }
    words << "\"\n";
  }
}

void run_all(const fuzz::Target& target, int inputs) {
  for (const std::string& seed : target.seeds) try_input(seed, 0);
  for (int number = 1; number <= inputs; ++number)
    try_input(fuzz::mutated(target, uint64_t(number)), uint64_t(number));
  std::cout << program << ": " << target.seeds.size() << " seeds, " << inputs
            << " mutated inputs\n";
}

}  // namespace

int main(int argc, char** argv) {
  program = std::filesystem::path(argv[0]).filename();
  for (int fatal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGALRM}) {
    if (kAddressSanitizer && fatal == SIGSEGV) continue;  // its report comes first, then SIGABRT
    std::signal(fatal, save_input);
  }
  const std::string option = argc > 1 ? argv[1] : "";
  if (option != "--inputs") limit_memory();
  const fuzz::Target target = fuzz::target();
  if (option == "--corpus" && argc == 3) {
    write_corpus(target, argv[2]);
  } else if (option == "--number" && argc == 3) {
    try_input(fuzz::mutated(target, std::stoull(argv[2])), std::stoull(argv[2]));
  } else if (option == "--inputs" && argc == 3) {
    run_all(target, std::stoi(argv[2]));
  } else if (argc > 1) {
    for (int i = 1; i < argc; ++i) try_input(fuzz::file_bytes(argv[i]), 0);
  } else {
    run_all(target, tests::scaled(target.inputs, kFullScale));
  }
  return 0;
}
