#include "tests/cudnn/plan_finder.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>

#include "engine/base/error.h"
#include "engine/cudnn/choice.h"
#include "tests/support/paths.h"

namespace tests {
namespace {

PlanFound find(const PlanTask& task, bool compile) {
  static std::map<const Card*, std::shared_ptr<const engine::CudnnDevice>> devices;
  auto& device = devices[task.card];
  if (!device) device = device_of(*task.card);
  for (int stage = 0; stage < engine::cudnn_stages(task.shape); ++stage)
    for (const auto& candidate : engine::cudnn_candidates(*device, task.shape, stage)) {
      if (!candidate.engine.deterministic) continue;
      const bool compiled = candidate.engine.compiled_at_run_time;
      PlanFound found{compiled ? PlanFound::Kind::compiled : PlanFound::Kind::ready, stage, false,
                      0, candidate.conv.name};
      if (compiled && !compile) return found;
      const auto choice = engine::build(device, task.shape, candidate);
      if (!choice) continue;
      found.built = true;
      found.workspace = choice->plan->workspace();
      return found;
    }
  return {};
}

// A child's work: tasks first, first + step, ... Results are lines of a file.
struct Share {
  size_t first, step;
  std::string path;
};

void work(const std::vector<PlanTask>& tasks, const Share& share, bool compile) {
  std::ofstream file(share.path, std::ios::app);
  for (size_t i = share.first; i < tasks.size(); i += share.step) {
    alarm(300);  // a hang is a crash
    const PlanFound f = find(tasks[i], compile);
    file << i << ' ' << int(f.kind) << ' ' << f.stage << ' ' << f.built << ' ' << f.workspace << ' '
         << f.candidate << std::endl;
  }
}

pid_t start(const std::vector<PlanTask>& tasks, const Share& share, bool compile) {
  const pid_t child = fork();
  if (child != 0) return child;
  try {
    work(tasks, share, compile);
    _exit(0);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    _exit(1);
  }
}

// Adds the lines that a child wrote; returns the task after the last of them.
size_t collect(const Share& share, std::vector<PlanFound>& found) {
  size_t next = share.first;
  std::ifstream file(share.path);
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line);
    size_t index = 0;
    int kind = 0;
    PlanFound f;
    fields >> index >> kind >> f.stage >> f.built >> f.workspace;
    std::getline(fields >> std::ws, f.candidate);
    f.kind = PlanFound::Kind(kind);
    found.at(index) = f;
    next = index + share.step;
  }
  return next;
}

}  // namespace

std::vector<PlanFound> find_plans(const std::vector<PlanTask>& tasks,
                                  const FinderOptions& options) {
  TemporaryFolder folder;
  std::vector<PlanFound> found(tasks.size());
  std::map<pid_t, Share> running;
  for (int i = 0; i < options.processes; ++i) {
    Share share{size_t(i), size_t(options.processes), (folder.path() / std::to_string(i)).string()};
    running[start(tasks, share, options.compile)] = share;
  }
  while (!running.empty()) {
    int status = 0;
    const pid_t child = waitpid(-1, &status, 0);
    auto entry = running.find(child);
    if (entry == running.end()) continue;
    Share share = entry->second;
    running.erase(entry);
    const size_t next = collect(share, found);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) continue;
    if (!WIFSIGNALED(status))
      base::fail(base::ExitCode::failed, "a child ended with code ", WEXITSTATUS(status));
    if (next >= tasks.size()) continue;
    found[next].kind = PlanFound::Kind::crashed;
    share.first = next + share.step;
    running[start(tasks, share, options.compile)] = share;
  }
  return found;
}

}  // namespace tests
