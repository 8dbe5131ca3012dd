// For the model's own tests: programs with a fault, each in a process of its own.
#pragma once
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "tests/cuda_model/model.h"
#include "tests/cuda_model/settings.h"
#include "tests/support/catch.h"

namespace tests {

struct Ending {
  int exit_code = 0;  // -1: a signal
  std::string said;   // on stderr
};

// A call that breaks no rule.
inline void ok(cudaError_t error) {
  if (error != cudaSuccess)
    cuda_model::fail(std::string("the test expected no error: ") + cudaGetErrorName(error));
}

// Runs `program` in a child whose device works by that schedule.
inline Ending ending_of(cuda_model::Schedule schedule, const std::function<void()>& program) {
  int channel[2];
  REQUIRE(pipe(channel) == 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(channel[1], STDERR_FILENO);
    cuda_model::settings().schedule = schedule;
    program();
    _exit(0);
  }
  close(channel[1]);
  Ending ending;
  char buffer[512];
  for (ssize_t n; (n = read(channel[0], buffer, sizeof buffer)) > 0;)
    ending.said.append(buffer, size_t(n));
  close(channel[0]);
  int status = 0;
  waitpid(child, &status, 0);
  ending.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  return ending;
}

constexpr cuda_model::Schedule kSchedules[] = {
    cuda_model::Schedule::early, cuda_model::Schedule::late, cuda_model::Schedule::random};

}  // namespace tests
