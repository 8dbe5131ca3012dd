#include "tools/run/rank_place.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstring>

#include "engine/backend.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/device_words.h"

namespace run {
namespace {

using base::ExitCode, base::fail;

struct Launcher {
  const char *name, *rank, *size, *local_rank, *local_size;
  std::array<const char*, 2> job;  // variables that tell one job from another
};
constexpr std::array kLaunchers{Launcher{"torchrun",
                                         "RANK",
                                         "WORLD_SIZE",
                                         "LOCAL_RANK",
                                         "LOCAL_WORLD_SIZE",
                                         {"TORCHELASTIC_RUN_ID", "TORCHELASTIC_RESTART_COUNT"}},
                                Launcher{"Open MPI",
                                         "OMPI_COMM_WORLD_RANK",
                                         "OMPI_COMM_WORLD_SIZE",
                                         "OMPI_COMM_WORLD_LOCAL_RANK",
                                         "OMPI_COMM_WORLD_LOCAL_SIZE",
                                         {"OMPI_MCA_ess_base_jobid", "PMIX_NAMESPACE"}},
                                Launcher{"PMI",
                                         "PMI_RANK",
                                         "PMI_SIZE",
                                         "MPI_LOCALRANKID",
                                         "MPI_LOCALNRANKS",
                                         {"PMI_PORT", "PMI_JOBID"}},
                                Launcher{"SLURM",
                                         "SLURM_PROCID",
                                         "SLURM_STEP_NUM_TASKS",
                                         "SLURM_LOCALID",
                                         "",
                                         {"SLURM_JOB_ID", "SLURM_STEP_ID"}}};

constexpr int kMostRanks = 1 << 16, kMostPort = 65535, kMostDescriptor = 1 << 20;
// If this program chooses the port, it chooses one of kChosenPorts from kFirstPort on, and tries
// that one and the next ones, kTries in all.
constexpr int kFirstPort = 20000, kChosenPorts = 10000, kTries = 16;
constexpr int kTorchPort = 29500;  // torch.distributed's default

class Environment {
 public:
  explicit Environment(const Variables& variables) : variables_(variables) {}

  std::string text(const char* name) const {
    const char* value = *name ? variables_(name) : nullptr;
    return value ? value : "";
  }
  bool has(const char* name) const { return !text(name).empty(); }
  int number(const char* name, int least, int most) const {
    const std::string value = text(name);
    int number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size() || number < least ||
        number > most)
      fail(ExitCode::usage, name, "=", value, ": expected a whole number from ", least, " to ",
           most);
    return number;
  }

 private:
  const Variables& variables_;
};

// Whether the launcher has started this process as a rank. A batch script of SLURM has some of the
// variables, too, but only the tasks of a step have SLURM_STEP_ID.
bool started_by(const Environment& e, const Launcher& l) {
  if (std::strcmp(l.name, "SLURM") == 0)
    return e.has(l.rank) && e.has(l.size) && e.has("SLURM_STEP_ID");
  if (e.has(l.rank) != e.has(l.size))
    fail(ExitCode::usage, e.has(l.rank) ? l.rank : l.size, " is set, and ",
         e.has(l.rank) ? l.size : l.rank, " is not: set both or none");
  return e.has(l.rank);
}

// Refuses variables of two launchers that give different ranks. Such variables were exported by
// hand, and would make every process the same rank.
void refuse_contradiction(const Environment& e, const Launcher& taken, int rank, int size) {
  for (const Launcher& other : kLaunchers) {
    if (&other == &taken || !e.has(other.rank) || !e.has(other.size)) continue;
    if (e.text(other.size) == std::to_string(size) && e.text(other.rank) != std::to_string(rank))
      fail(ExitCode::usage, taken.rank, "=", rank, " contradicts ", other.rank, "=",
           e.text(other.rank), ", both of ", size, " ranks: unset those of one launcher");
  }
}

bool on_one_host(const Environment& e, const Launcher& l, int size) {
  if (e.has(l.local_size)) return e.text(l.local_size) == std::to_string(size);
  return e.text("SLURM_STEP_NUM_NODES") == "1";
}

// The launcher's local rank. Without one it is the rank itself if all ranks are on one host, and
// otherwise 0, as for pods of Kubernetes with one rank each.
int local_rank_of(const Environment& e, const Launcher& l, int rank, int size) {
  if (e.has(l.local_rank)) return e.number(l.local_rank, 0, size - 1);
  return on_one_host(e, l, size) ? rank : 0;
}

std::string master_of(const Environment& e, const Launcher& l, int size) {
  if (e.has("MASTER_ADDR")) return e.text("MASTER_ADDR");
  if (on_one_host(e, l, size)) return "127.0.0.1";
  for (const char* list : {"SLURM_STEP_NODELIST", "SLURM_JOB_NODELIST"})
    if (std::strcmp(l.name, "SLURM") == 0 && e.has(list)) return first_host(e.text(list));
  fail(ExitCode::usage, "MASTER_ADDR is missing: ", l.name,
       " does not tell where rank 0 runs; set it to that host's name or address");
}

std::string job_of(const Environment& e, const Launcher& l) {
  std::string job = l.name;
  for (const char* name : l.job) job += "/" + e.text(name);
  return job;
}

int port_by_job(const std::string& job) {
  uint32_t hash = 2166136261u;  // FNV-1a
  for (unsigned char c : job) hash = (hash ^ c) * 16777619u;
  return kFirstPort + int(hash % kChosenPorts);
}

void choose_port(const Environment& e, const Launcher& l, engine::RankPlace& place) {
  const bool torchrun = std::strcmp(l.name, "torchrun") == 0;
  if (e.has("MASTER_PORT"))
    place.port = e.number("MASTER_PORT", 1, kMostPort - kTries);
  else
    place.port = torchrun ? kTorchPort : port_by_job(place.job);
  // torchrun's agent listens at MASTER_PORT itself.
  const bool taken = e.text("TORCHELASTIC_USE_AGENT_STORE") == "True";
  if (taken) ++place.port;
  place.ports = taken || !e.has("MASTER_PORT") ? kTries : 1;
}

}  // namespace

std::string first_host(const std::string& list) {
  const size_t bracket = list.find('['), comma = list.find(',');
  if (bracket == std::string::npos || comma < bracket) return list.substr(0, comma);
  const size_t end = list.find_first_of("-,]", bracket);
  return list.substr(0, bracket) + list.substr(bracket + 1, end - bracket - 1);
}

std::optional<engine::RankPlace> place_of_launcher(const Variables& variables) {
  const Environment e(variables);
  for (const Launcher& l : kLaunchers) {
    if (!started_by(e, l)) continue;
    const int size = e.number(l.size, 1, kMostRanks), rank = e.number(l.rank, 0, size - 1);
    refuse_contradiction(e, l, rank, size);
    if (size == 1) continue;
    engine::RankPlace place{
        .rank = rank, .size = size, .master = master_of(e, l, size), .job = job_of(e, l)};
    place.local_rank = local_rank_of(e, l, rank, size);
    choose_port(e, l, place);
    if (rank == 0 && e.has(kListenerVariable))
      place.listener = e.number(kListenerVariable, 0, kMostDescriptor);
    return place;
  }
  return std::nullopt;
}

std::string device_of_rank(const std::string& configured, const engine::RankPlace& place,
                           int gpus) {
  if (configured == "cpu" || (configured == "auto" && gpus == 0)) return "cpu";
  if (configured.find(':') != std::string::npos)
    fail(ExitCode::usage, "--device ", configured, " with ", place.size,
         " ranks: each rank takes the GPU of its own number; write --device cuda");
  if (gpus == 0) engine::make_backend(engine::kGpuWord);  // says why there is none, to all alike
  if (place.local_rank >= gpus)
    fail(ExitCode::resources, "rank ", place.rank, " is number ", place.local_rank,
         " on its machine, which has ", base::counted(gpus, "GPU"),
         ": start at most as many ranks there, or give --device cpu");
  return base::concatenate(engine::kGpuWord, ":", place.local_rank);
}

}  // namespace run
