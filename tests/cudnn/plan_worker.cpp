// A process that makes plans, as the programs start it, and with a crash where a test wants one.
//   plan_worker [FILE N]    crashes before attempt N (from 1) unless FILE is there, and makes FILE
//   plan_worker refuse      ends at once
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/cudnn/plan_processes.h"
#include "tests/cudnn/cards.h"

int main(int argc, char** argv) {
  if (argc == 2 && std::string(argv[1]) == "refuse") return 1;
  tests::load_driver_shim();
  int attempts = 0;
  return engine::serve_plans(STDIN_FILENO, STDOUT_FILENO, [&] {
    if (argc != 3 || ++attempts != std::atoi(argv[2]) || std::filesystem::exists(argv[1])) return;
    std::ofstream(argv[1]) << "crashed once\n";
    raise(SIGKILL);
  });
}
