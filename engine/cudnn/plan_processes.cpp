#include "engine/cudnn/plan_processes.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>
#include <thread>

#include "engine/base/error.h"
#include "engine/cudnn/child_process.h"
#include "engine/plan_worker.h"

// The two sides exchange lines. A process gets the job as JSON, then for each shape {"shape": its
// bytes, "without": numbers of attempts to leave out}. It answers "ready", then for each shape "try
// N" before the Nth attempt, and "done" with the plans. Lines that a library prints are ignored.

namespace engine {
namespace {

using nlohmann::json;

constexpr const char *kReady = "ready", *kTry = "try ", *kDone = "done ";
constexpr unsigned kSecondsPerAttempt = 300;  // a hang is a crash
constexpr size_t kMostCrashes = 20;           // per shape

// A shape is passed on as its bytes, because both sides are the same program.
static_assert(std::is_trivially_copyable_v<ConvShape>);
std::vector<uint8_t> bytes_of(const ConvShape& shape) {
  std::vector<uint8_t> bytes(sizeof shape);
  std::memcpy(bytes.data(), &shape, sizeof shape);
  return bytes;
}
ConvShape shape_of(const std::vector<uint8_t>& bytes) {
  SSD_CHECK(bytes.size() == sizeof(ConvShape), "a shape from another program");
  ConvShape shape;
  std::memcpy(&shape, bytes.data(), sizeof shape);
  return shape;
}

// Runs one process at a time. After a crash it starts another one.
class Worker {
 public:
  Worker(const PlanRequest& request, const std::function<void(const ConvShape&)>& crashed)
      : request_(request), crashed_(crashed) {}

  // Returns the plans for the shape, or nothing if no process can make them.
  std::optional<CudnnCandidatePlans> answer(const ConvShape& shape) {
    std::set<int> without;
    while (without.size() <= kMostCrashes) {
      if (!process_ && !start()) return std::nullopt;
      int attempt = -1;
      if (auto plans = ask(shape, without, attempt)) return plans;
      process_.reset();
      if (attempt < 0 || !without.insert(attempt).second) return std::nullopt;
      crashed_(shape);
    }
    return std::nullopt;
  }

 private:
  bool start() {
    process_ = std::make_unique<ChildProcess>(request_.command);
    LineChannel& channel = process_->channel();
    channel.send(
        json{{"device", request_.device}, {"deterministic", request_.deterministic}}.dump());
    while (auto line = channel.receive())
      if (*line == kReady) return true;
    process_.reset();
    return false;
  }

  std::optional<CudnnCandidatePlans> ask(const ConvShape& shape, const std::set<int>& without,
                                         int& attempt) {
    LineChannel& channel = process_->channel();
    channel.send(json{{"shape", bytes_of(shape)}, {"without", without}}.dump());
    while (auto line = channel.receive()) {
      if (line->starts_with(kTry)) attempt = std::atoi(line->c_str() + std::strlen(kTry));
      if (line->starts_with(kDone)) return plans_from_text(line->substr(std::strlen(kDone)));
    }
    return std::nullopt;
  }

  const PlanRequest& request_;
  const std::function<void(const ConvShape&)>& crashed_;
  std::unique_ptr<ChildProcess> process_;
};

CudnnCandidatePlans answer_to(const json& question, LineChannel& channel,
                              const std::shared_ptr<const CudnnDevice>& device, bool deterministic,
                              const std::function<void()>& before_attempt) {
  const auto without = question.at("without").get<std::set<int>>();
  int number = 0;
  CudnnAttempts attempts;
  attempts.may_try = [&] {
    const int attempt = number++;
    if (without.contains(attempt)) return false;
    channel.send(kTry + std::to_string(attempt));
    alarm(kSecondsPerAttempt);
    if (before_attempt) before_attempt();
    return true;
  };
  const ConvShape shape = shape_of(question.at("shape").get<std::vector<uint8_t>>());
  return candidate_plans(device, shape, deterministic, &attempts);
}

}  // namespace

std::vector<ConvShape> candidate_plans_of_processes(
    const PlanRequest& request, const std::vector<ConvShape>& shapes,
    const std::function<void(const ConvShape&, CudnnCandidatePlans)>& found,
    const std::function<void(const ConvShape&)>& crashed) {
  std::mutex mutex;
  std::vector<ConvShape> unanswered;
  size_t next = 0;
  const std::function<void(const ConvShape&)> tell_crash = [&](const ConvShape& shape) {
    const std::lock_guard lock(mutex);
    crashed(shape);
  };
  auto work = [&] {
    Worker worker(request, tell_crash);
    for (std::unique_lock lock(mutex); next < shapes.size();) {
      const ConvShape shape = shapes[next++];
      lock.unlock();
      std::optional<CudnnCandidatePlans> plans;
      try {
        plans = worker.answer(shape);
      } catch (const std::exception&) {  // no process; the caller makes the plan itself
      }
      lock.lock();
      if (plans)
        found(shape, std::move(*plans));
      else
        unanswered.push_back(shape);
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < request.processes; ++i) threads.emplace_back(work);
  for (std::thread& thread : threads) thread.join();
  return unanswered;
}

int serve_plans(int in, int out, const std::function<void()>& before_attempt) {
  LineChannel channel(in, out);
  try {
    const auto job = channel.receive();
    if (!job) return 0;
    const json settings = json::parse(*job);
    const auto device =
        std::make_shared<const CudnnDevice>(settings.at("device").get<std::string>());
    channel.send(kReady);
    while (const auto question = channel.receive()) {
      const CudnnCandidatePlans plans = answer_to(json::parse(*question), channel, device,
                                                  settings.at("deterministic"), before_attempt);
      alarm(0);
      channel.send(kDone + text_of(plans));
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", kPlanWorkerOption, error.what());
    return 1;
  }
}

int run_plan_worker() { return serve_plans(STDIN_FILENO, STDOUT_FILENO); }

}  // namespace engine
