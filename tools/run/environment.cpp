// Collects the content of env.json, which describes the machine and the programs of a run.
#include "tools/run/environment.h"

#include <sys/utsname.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "engine/base/time_text.h"
#include "engine/base/version.h"
#include "tools/run/run_folder.h"

namespace run {

std::string cpu_model() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("model name"))
      if (size_t colon = line.find(": "); colon != std::string::npos) return line.substr(colon + 2);
  return "unknown";
}

namespace {

// Variables of this program's libraries and launchers. Others are left out, because they may hold
// secrets.
constexpr const char* kVariables[] = {"OMP_NUM_THREADS",
                                      "OMP_PROC_BIND",
                                      "OMP_PLACES",
                                      "CUDA_VISIBLE_DEVICES",
                                      "CUBLAS_WORKSPACE_CONFIG",
                                      "NCCL_ALGO",
                                      "NCCL_PROTO",
                                      "NCCL_DEBUG",
                                      "NCCL_IB_DISABLE",
                                      "NCCL_P2P_DISABLE",
                                      "RANK",
                                      "WORLD_SIZE",
                                      "LOCAL_RANK",
                                      "SLURM_JOB_ID",
                                      "SLURM_PROCID",
                                      "SLURM_NTASKS",
                                      "DNNL_MAX_CPU_ISA",
                                      "TMPDIR"};

}  // namespace

std::string environment_json() {
  nlohmann::ordered_json env;
  utsname system{};
  if (uname(&system) == 0) {
    env["host"] = system.nodename;
    env["system"] = std::string(system.sysname) + " " + system.release + " " + system.machine;
  }
  env["time"] = base::utc_text(std::chrono::system_clock::now());
  env["cpu"] = cpu_model();
  env["cpu_threads"] = std::thread::hardware_concurrency();
  env["memory_gib"] =
      double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGESIZE)) / double(1 << 30);
  env["process"] = getpid();
  for (const auto& [name, value] : base::version_parts()) env["versions"][name] = value;
  env["variables"] = nlohmann::ordered_json::object();
  for (const char* name : kVariables)
    if (const char* value = std::getenv(name)) env["variables"][name] = value;
  return env.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace run
