// Which rank a process is, by its launcher's variables.
#include "tools/run/rank_place.h"

#include <map>

#include "engine/backend.h"
#include "tests/support/catch.h"

using Set = std::map<std::string, std::string>;

namespace {

std::optional<engine::RankPlace> place(const Set& variables) {
  return run::place_of_launcher([&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

void check_refused(const Set& variables, const std::string& words) {
  try {
    place(variables);
    FAIL("not refused: " << words);
  } catch (const base::Error& error) {
    CHECK(error.code() == base::ExitCode::usage);
    CHECK_THAT(error.what(), Catch::Contains(words));
  }
}

const Set kTorch{{"RANK", "3"},
                 {"WORLD_SIZE", "8"},
                 {"LOCAL_RANK", "1"},
                 {"MASTER_ADDR", "node01"},
                 {"MASTER_PORT", "29400"}};
const Set kOpenMpi{{"OMPI_COMM_WORLD_RANK", "1"},
                   {"OMPI_COMM_WORLD_SIZE", "4"},
                   {"OMPI_COMM_WORLD_LOCAL_SIZE", "4"},
                   {"PMIX_NAMESPACE", "1234"}};
const Set kSlurm{{"SLURM_PROCID", "2"},
                 {"SLURM_STEP_NUM_TASKS", "4"},
                 {"SLURM_STEP_ID", "0"},
                 {"SLURM_JOB_ID", "77"},
                 {"SLURM_STEP_NODELIST", "node[03-05,9],gpu1"},
                 {"SLURM_STEP_NUM_NODES", "4"}};

Set with(Set set, const std::string& name, const std::string& value) {
  set[name] = value;
  return set;
}
Set without(Set set, const std::string& name) {
  set.erase(name);
  return set;
}

}  // namespace

TEST_CASE("without a launcher, or with one rank, there is no place") {
  CHECK_FALSE(place({}));
  CHECK_FALSE(place({{"RANK", "0"}, {"WORLD_SIZE", "1"}}));
  CHECK_FALSE(place(with(with(kSlurm, "SLURM_STEP_NUM_TASKS", "1"), "SLURM_PROCID", "0")));
  // A batch script is no task of its job.
  CHECK_FALSE(place({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "8"}, {"SLURM_JOB_ID", "7"}}));
}

TEST_CASE("each rank has the GPU of its number on its machine, where there are enough") {
  const auto third = place(kTorch);
  REQUIRE(third);
  CHECK(third->local_rank == 1);
  CHECK(run::device_of_rank("auto", *third, 2) == "cuda:1");
  CHECK(run::device_of_rank("cuda", *third, 8) == "cuda:1");
  CHECK(run::device_of_rank("auto", *third, 0) == "cpu");
  CHECK(run::device_of_rank("cpu", *third, 2) == "cpu");
  CHECK_THROWS_WITH(run::device_of_rank("cuda", *third, 1),
                    Catch::Contains("rank 3") && Catch::Contains("has 1 GPU:"));
  if (engine::cuda_devices() == 0)  // as the program says without ranks
    CHECK_THROWS_WITH(run::device_of_rank("cuda", *third, 0),
                      Catch::StartsWith("device cuda:0: ") &&
                          (Catch::Contains("this build has no CUDA backend") ||
                           Catch::Contains("no GPU on this machine")));
  CHECK_THROWS_WITH(run::device_of_rank("cuda:0", *third, 8),
                    Catch::Contains("write --device cuda"));
  CHECK(place(kOpenMpi)->local_rank == 1);  // of one machine
}

TEST_CASE("torchrun's variables say all") {
  const auto p = place(kTorch);
  REQUIRE(p);
  CHECK((p->rank == 3 && p->size == 8));
  CHECK(p->master == "node01");
  CHECK((p->port == 29400 && p->ports == 1));
  // Its agent keeps the port for itself.
  const auto beside = place(with(kTorch, "TORCHELASTIC_USE_AGENT_STORE", "True"));
  CHECK((beside->port == 29401 && beside->ports > 1));
}

TEST_CASE("Open MPI on one host needs no address, and jobs have ports of their own") {
  const auto p = place(kOpenMpi), other = place(with(kOpenMpi, "PMIX_NAMESPACE", "1235"));
  REQUIRE(p);
  CHECK((p->rank == 1 && p->size == 4 && p->master == "127.0.0.1" && p->ports > 1));
  CHECK(p->port != other->port);
  CHECK(p->job != other->job);
  check_refused(with(kOpenMpi, "OMPI_COMM_WORLD_LOCAL_SIZE", "2"), "MASTER_ADDR is missing");
  CHECK(
      place(with(with(kOpenMpi, "OMPI_COMM_WORLD_LOCAL_SIZE", "2"), "MASTER_ADDR", "a"))->master ==
      "a");
}

TEST_CASE("SLURM's first host is rank 0's") {
  CHECK(place(kSlurm)->master == "node03");
  CHECK(run::first_host("node[03-05,9],gpu1") == "node03");
  CHECK(run::first_host("node7") == "node7");
  CHECK(run::first_host("a,b[1-2]") == "a");
  CHECK(run::first_host("n[9]") == "n9");
  CHECK(place(with(kSlurm, "SLURM_STEP_NUM_NODES", "1"))->master == "127.0.0.1");
}

TEST_CASE("PMI's variables serve MPICH and Intel MPI") {
  const auto p = place({{"PMI_RANK", "0"}, {"PMI_SIZE", "2"}, {"MPI_LOCALNRANKS", "2"}});
  REQUIRE(p);
  CHECK((p->rank == 0 && p->size == 2 && p->master == "127.0.0.1"));
}

TEST_CASE("incomplete and contradicting variables are refused by name") {
  check_refused(without(kTorch, "WORLD_SIZE"), "RANK is set, and WORLD_SIZE is not");
  check_refused(without(kTorch, "RANK"), "WORLD_SIZE is set, and RANK is not");
  check_refused(with(kTorch, "RANK", "8"), "RANK=8: expected a whole number from 0 to 7");
  check_refused(with(kTorch, "RANK", "-1"), "RANK=-1");
  check_refused(with(kTorch, "WORLD_SIZE", "4x"), "WORLD_SIZE=4x");
  check_refused(with(kTorch, "MASTER_PORT", "70000"), "MASTER_PORT=70000");
  Set both = kOpenMpi;
  both["RANK"] = "0";
  both["WORLD_SIZE"] = "4";
  check_refused(both, "RANK=0 contradicts OMPI_COMM_WORLD_RANK=1");
}
