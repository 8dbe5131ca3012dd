// The first start on a GPU makes plans of convolutions, and tells how far it is. What was made
// before it was killed is kept, and the next start goes on from there; the one after that makes
// none.
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <numeric>

#include "tests/support/catch.h"
#include "tests/support/engine/bench.h"
#include "tests/support/tools/rank_processes.h"

using namespace tests;
namespace fs = std::filesystem;

namespace {

const std::string kOnGpu =
    "train.device=cuda:0 train.deterministic=true train.steps=2 eval.every_steps=0 ";

// For how many convolutions the program says that it chooses plans; 0 if it says nothing.
int chosen_for(const std::string& err) {
  const std::string words = "choosing cuDNN's plans for ";
  const size_t at = err.find(words);
  return at == std::string::npos ? 0 : std::stoi(err.substr(at + words.size()));
}

// K of each line "cuDNN's plans: K of N convolutions".
std::vector<int> told_of(const std::string& err, int n) {
  const std::string words = "cuDNN's plans: ";
  const std::string rest = " of " + std::to_string(n) + " convolutions\n";
  std::vector<int> told;
  for (size_t at = 0; (at = err.find(words, at)) != std::string::npos;) {
    at += words.size();
    told.push_back(std::stoi(err.substr(at)));
    CHECK(err.find(rest, at) == at + std::to_string(told.back()).size());
  }
  return told;
}

std::map<std::string, fs::file_time_type> plans_in(const std::string& folder) {
  std::map<std::string, fs::file_time_type> plans;
  std::error_code absent;
  for (const auto& entry : fs::directory_iterator(folder, absent))
    if (entry.path().extension() == ".plan") {
      std::error_code gone;
      plans[entry.path().filename().string()] = fs::last_write_time(entry.path(), gone);
    }
  return plans;
}

}  // namespace

TEST_CASE("a first start on a GPU tells of its plans, and a second start makes none") {
  if (!have_gpu()) return;
  const TrainingPlace place;
  // With a clock by which every plan takes a minute: each is told of.
  const Outcome first = run("export LD_PRELOAD=" SSD_HASTY_CLOCK "; " +
                            place.command("--config tiny.json --output-dir first " + kOnGpu +
                                          "train.plan_cache=plans"));
  INFO(first.err);
  REQUIRE(first.exit_code == 0);
  const int all = chosen_for(first.err);
  CHECK(all > 20);
  std::vector<int> every(static_cast<size_t>(all));
  std::iota(every.begin(), every.end(), 1);
  CHECK(told_of(first.err, all) == every);
  const auto kept = plans_in(place.at("plans"));
  CHECK(int(kept.size()) >= all);
  const Outcome second = place.train("second", kOnGpu + "train.plan_cache=plans");
  INFO(second.err);
  REQUIRE(second.exit_code == 0);
  CHECK(chosen_for(second.err) == 0);
  CHECK(second.err.find("cuDNN's plans") == std::string::npos);
  CHECK((plans_in(place.at("plans")) == kept));
}

TEST_CASE("plans of gradients that may be rounded to a half type are kept apart from others") {
  if (!have_gpu()) return;
  const TrainingPlace place;
  auto run = [&](const std::string& name, const std::string& gradients) {
    return place.train(name, kOnGpu + "train.precision=fp16 train.plan_cache=plans " +
                                 "train.weight_gradients=" + gradients);
  };
  const Outcome half = run("half", "half"), exact = run("exact", "exact");
  INFO(half.err << exact.err);
  REQUIRE(half.exit_code == 0);
  if (exact.exit_code != 0) {  // a cuDNN that has none of full precision
    CHECK(exact.exit_code == 6);
    CHECK(exact.err.find("train.weight_gradients=auto would take one") != std::string::npos);
    return;
  }
  CHECK(chosen_for(exact.err) > 1);
  CHECK(chosen_for(exact.err) < chosen_for(half.err));  // the gradients of weights alone
  for (const char* again : {"half", "exact"}) {
    const Outcome o = run(std::string(again) + "_again", again);
    CHECK(o.exit_code == 0);
    CHECK(chosen_for(o.err) == 0);
  }
}

TEST_CASE("a start on a GPU that was killed over its plans goes on from those it made") {
  if (!have_gpu()) return;
  const TrainingPlace place;
  const Outcome whole = place.train("whole", kOnGpu + "train.plan_cache=whole_plans");
  REQUIRE(whole.exit_code == 0);
  const int all = chosen_for(whole.err);
  Background job(place, "--config tiny.json --output-dir run " + kOnGpu + "train.plan_cache=plans");
  while (plans_in(place.at("plans")).size() < 5 && alive(job.process())) ::usleep(1000);
  ::kill(job.process(), SIGKILL);
  CHECK(job.wait(120) == 128 + SIGKILL);
  const auto made = plans_in(place.at("plans"));
  const Outcome next = place.train("run2", kOnGpu + "train.plan_cache=plans");
  INFO(next.err << made.size() << " of " << all << " were made");
  REQUIRE(next.exit_code == 0);
  // A plan that is chosen lies beside its candidates for a moment; one that is missing is not told.
  const int left = all - int(made.size());
  CHECK(chosen_for(next.err) <= left + 1);
  CHECK((chosen_for(next.err) >= left || left < 2));
}
