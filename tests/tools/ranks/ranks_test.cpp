// ssdtrain --ranks: what several processes train, leave behind, and do when one of them fails.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/tools/rank_processes.h"
#include "tests/support/tools/training_run.h"

using namespace tests;
using Catch::Contains, Catch::StartsWith;
namespace fs = std::filesystem;
using Seconds = std::chrono::duration<double>;

namespace {

// Twelve steps of tiny.json with 2 images per rank make the batches of one rank with 4.
constexpr const char* kTwo = "--ranks 2 train.batch_size=2 ranks.timeout_seconds=120 ";
constexpr const char* kEndless = "train.steps=100000 eval.every_steps=0 checkpoint.every_steps=2 ";

}  // namespace

TEST_CASE("two ranks train on the same images as one, and rank 0 writes the run") {
  const TrainingPlace place;
  const Outcome one = place.train("one");
  const Outcome two = place.train("two", kTwo);
  INFO(two.err);
  REQUIRE(two.exit_code == 0);
  CHECK_THAT(two.err, Contains("2 ranks: 0 on ") && Contains("4/4"));
  CHECK_THAT(two.err, Contains("2 ranks share this machine's memory: each takes 0.125 GiB"));
  CHECK(json_of(place.at("two/config.json")).at("train").at("memory_gib") == 0.25);
  CHECK(json_of(place.at("two/env.json")).at("ranks").size() == 2);
  CHECK(json_of(place.at("two/config.json")).at("ranks").at("count") == 2);
  CHECK(step_of(place.at("two/last.safetensors")) == 12);
  // Statistics and normaliser are each rank's, so the numbers differ, but not the schedule.
  const auto first = results_of(place.at("one")), second = results_of(place.at("two"));
  REQUIRE(first.size() == second.size());
  for (size_t i = 0; i < first.size(); ++i)
    CHECK(first[i].at("learning_rate") == second[i].at("learning_rate"));
}

TEST_CASE("ranks that share normaliser and statistics learn what one rank learns") {
  const TrainingPlace place;
  REQUIRE(place.train("one", "eval.every_steps=0").exit_code == 0);
  const Outcome two = place.train(
      "two", std::string(kTwo) +
                 "eval.every_steps=0 train.loss.normalizer=global model.batch_norm.statistics=sync "
                 "ranks.check_every=1");
  INFO(two.err);
  REQUIRE(two.exit_code == 0);
  CHECK_THAT(two.err, Contains("own work per batch of ranks 0 to 1: "));
  const auto first = results_of(place.at("one")), second = results_of(place.at("two"));
  REQUIRE(first.size() == second.size());
  for (size_t i = 0; i < 4; ++i) {
    const double expected = std::stod(first[i].at("Loss/total_loss"));
    CHECK(std::stod(second[i].at("Loss/total_loss")) == Approx(expected).epsilon(1e-3));
  }
}

TEST_CASE("an evaluation by ranks is that of one process, to the last bit") {
  const TrainingPlace place(24, 13);
  for (const int ranks : {2, 3}) {
    const std::string run = fmt::format("by{}", ranks);
    const Outcome trained = place.train(run, fmt::format("--ranks {} train.batch_size=2", ranks));
    INFO(trained.err);
    REQUIRE(trained.exit_code == 0);
    const Outcome alone = tests::run(
        fmt::format("cd {} && {} --checkpoint {}/last.safetensors --config tiny.json --threads 1 "
                    "--save-detections {}.json",
                    place.at(""), program("ssdeval").string(), run, run));
    INFO(alone.err);
    REQUIRE(alone.exit_code == 0);
    const std::string detections = text_of(place.at(run + ".json"));
    CHECK(detections.size() > 1000);
    CHECK(detections == text_of(place.at(run + "/last_detections.json")));
  }
}

TEST_CASE("a stopped run of ranks goes on bit for bit, and with other ranks says so") {
  const TrainingPlace place;
  REQUIRE(place.train("whole", kTwo).exit_code == 0);
  REQUIRE(place.train("part", std::string(kTwo) + "train.steps=6").exit_code == 0);
  const Outcome on = place.ssdtrain("--resume part train.steps=12");
  INFO(on.err);
  REQUIRE(on.exit_code == 0);
  CHECK((tensors_of(place.at("part/last.safetensors")) ==
         tensors_of(place.at("whole/last.safetensors"))));
  const Outcome more = place.ssdtrain("--resume part --ranks 3 train.steps=14");
  INFO(more.err);
  CHECK(more.exit_code == 0);
  CHECK_THAT(more.err, Contains("changed since the checkpoint: ranks.count 2 -> 3"));
}

TEST_CASE("sums in a half type go on bit for bit, and another type is told") {
  const TrainingPlace place;
  const std::string half = std::string(kTwo) + "eval.every_steps=0 ranks.sum_precision=bf16 ";
  const Outcome whole = place.train("whole", half);
  INFO(whole.err);
  REQUIRE(whole.exit_code == 0);
  CHECK_THAT(whole.err, Contains("gradients are added up in bf16, after the backward pass"));
  CHECK_THAT(whole.err, Contains(", copy for sums "));
  REQUIRE(place.train("part", half + "train.steps=6").exit_code == 0);
  REQUIRE(place.ssdtrain("--resume part train.steps=12").exit_code == 0);
  CHECK((tensors_of(place.at("part/last.safetensors")) ==
         tensors_of(place.at("whole/last.safetensors"))));
  const Outcome full = place.train("full", std::string(kTwo) + "eval.every_steps=0");
  CHECK_THAT(full.err, Contains("gradients are added up in fp32, after the backward pass"));
  CHECK((tensors_of(place.at("full/last.safetensors")) !=
         tensors_of(place.at("whole/last.safetensors"))));
  const Outcome on = place.ssdtrain("--resume part train.steps=14 ranks.sum_precision=fp32");
  INFO(on.err);
  CHECK(on.exit_code == 0);
  CHECK_THAT(on.err,
             Contains("changed since the checkpoint: ranks.sum_precision \"bf16\" -> \"fp32\""));
}

TEST_CASE("SIGTERM stops all ranks at one step, with one checkpoint") {
  const TrainingPlace place;
  const std::string arguments =
      std::string("--config tiny.json --output-dir run ") + kTwo + kEndless;
  for (const bool to_rank : {false, true}) {
    std::filesystem::remove_all(place.at("run"));
    Background job(place, arguments);
    const std::vector<pid_t> ranks = ranks_of(place.at("run"));
    REQUIRE(ranks.size() == 2);
    ::kill(to_rank ? ranks[1] : job.process(), SIGTERM);
    const int code = job.wait(60);
    INFO(text_of(place.at("err.txt")));
    CHECK(code == 75);
    CHECK_THAT(text_of(place.at("err.txt")), Contains("stopped by SIGTERM at rank"));
    check_all_gone(ranks);
  }
}

TEST_CASE("ranks that are killed or hang end the run within the timeout, and it can go on") {
  const TrainingPlace place;
  const std::string arguments = std::string("--config tiny.json --output-dir run ") + kTwo +
                                kEndless + "ranks.timeout_seconds=8";
  for (const int signal : {SIGKILL, SIGSTOP})
    for (const size_t rank : {0, 1}) {
      INFO("signal " << signal << " to rank " << rank);
      std::filesystem::remove_all(place.at("run"));
      Background job(place, arguments);
      const std::vector<pid_t> ranks = ranks_of(place.at("run"));
      REQUIRE(ranks.size() == 2);
      ::kill(ranks[rank], signal);
      const auto start = std::chrono::steady_clock::now();
      CHECK(job.wait(60) == 6);
      CHECK(Seconds(std::chrono::steady_clock::now() - start).count() < 8 + 10);
      const std::string err = text_of(place.at("err.txt"));
      INFO(err);
      CHECK_THAT(err, Contains(fmt::format("rank {} on ", rank)));
      check_all_gone(ranks);
      const Outcome on = place.ssdtrain(fmt::format("--resume run train.steps={}",
                                                    step_of(place.at("run/last.safetensors")) + 2));
      INFO(on.err);
      CHECK(on.exit_code == 0);
    }
}

TEST_CASE("ranks end when the program that started them is killed") {
  const TrainingPlace place;
  Background job(place, std::string("--config tiny.json --output-dir run ") + kTwo + kEndless);
  const std::vector<pid_t> ranks = ranks_of(place.at("run"));
  ::kill(job.process(), SIGKILL);
  job.wait(10);
  for (int i = 0; i < 500 && (alive(ranks[0]) || alive(ranks[1])); ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  check_all_gone(ranks);
}

TEST_CASE("bad data of one rank ends all, with the step before saved") {
  const TrainingPlace place;
  Background job(place, std::string("--config tiny.json --output-dir run ") + kTwo + kEndless);
  const std::vector<pid_t> ranks = ranks_of(place.at("run"));
  const auto image = json_of(place.at("data/annotations/instances_train.json")).at("images")[0];
  const std::string name = image.at("file_name");
  std::filesystem::remove(place.at("data/images/" + name));
  CHECK(job.wait(60) == 3);
  const std::string err = text_of(place.at("err.txt"));
  INFO(err);
  CHECK_THAT(err, Contains(name) && Contains("is saved: mend the data and go on"));
  check_all_gone(ranks);
}

TEST_CASE("an error that all ranks meet is told once, and by rank 0") {
  const TrainingPlace place;
  const auto once = [](const Outcome& o, int code, const std::string& words) {
    INFO(o.err);
    CHECK(o.exit_code == code);
    CHECK(std::count(o.err.begin(), o.err.end(), '\n') == 1);
    CHECK_THAT(o.err, Contains(words));
  };
  const std::string gone = std::string(kTwo) + "data.train.annotations=gone.json";
  once(place.train("run", gone), 3, "rank 0 on ");
  once(place.train("run", gone), 3, "gone.json");
  fs::create_directory(place.at("run"));
  std::ofstream(place.at("run/summary.json")) << "{}";
  once(place.train("run", kTwo), 2, "run holds files that are not of a run");
}

TEST_CASE("launchers: an error that the others learn from one rank is told once") {
  const TrainingPlace place;
  const Outcome small = tests::run(fmt::format(
      "cd {} && export MASTER_ADDR=127.0.0.1 MASTER_PORT={} WORLD_SIZE=3; T='{} --config tiny.json "
      "--output-dir run train.batch_size=2 ranks.timeout_seconds=120'; "
      "RANK=1 $T train.memory_gib=0.0001 & RANK=2 $T & RANK=0 $T; C=$?; wait; exit $C",
      place.at(""), 21000 + (::getpid() + 3) % 20000, program("ssdtrain").string()));
  INFO(small.err);
  CHECK(small.exit_code == 6);
  CHECK(std::count(small.err.begin(), small.err.end(), '\n') == 1);
  CHECK_THAT(small.err, StartsWith("ssdtrain: rank 1 on ") && Contains("train.batch_size"));
}

TEST_CASE("launchers: a wrong configuration is told once, also if only one rank has it") {
  const TrainingPlace place;
  const std::string start = fmt::format(
      "cd {} && export MASTER_ADDR=127.0.0.1 MASTER_PORT={} WORLD_SIZE=2; T='{} --config tiny.json "
      "--output-dir run train.batch_size=2 ranks.timeout_seconds=120'; ",
      place.at(""), 21000 + (::getpid() + 7) % 20000, program("ssdtrain").string());
  const auto outcome_of = [&](const std::string& first, const std::string& second) {
    const auto begin = std::chrono::steady_clock::now();
    const Outcome o = tests::run(start + "(RANK=1 $T " + second + "; echo $? >code) & RANK=0 $T " +
                                 first + "; C=$?; wait $!; exit $C");
    INFO(o.err);
    CHECK(Seconds(std::chrono::steady_clock::now() - begin).count() < 60);
    CHECK(o.exit_code == 2);
    CHECK(text_of(place.at("code")) == "2\n");
    CHECK(std::count(o.err.begin(), o.err.end(), '\n') == 1);
    return o.err;
  };
  CHECK_THAT(outcome_of("train.stepz=3", "train.stepz=3"),
             StartsWith("ssdtrain: command line: train.stepz: unknown key"));
  CHECK_THAT(outcome_of("", "train.stepz=3"),
             StartsWith("ssdtrain: rank 1 on ") && Contains("train.stepz: unknown key"));
  CHECK_THAT(outcome_of("train.stepz=3", ""), Contains("train.stepz: unknown key"));
  const Outcome alone = tests::run(start + "RANK=0 $T train.stepz=3");
  CHECK(alone.exit_code == 2);
  CHECK_THAT(alone.err, Contains("train.stepz: unknown key"));
}

TEST_CASE("launchers: variables of ranks are taken, and contradictions refused") {
  const TrainingPlace place;
  const std::string start = fmt::format(
      "cd {} && export MASTER_ADDR=127.0.0.1 MASTER_PORT={} WORLD_SIZE=2; T='{} --config tiny.json "
      "train.batch_size=2 ranks.timeout_seconds=120'; ",
      place.at(""), 21000 + ::getpid() % 20000, program("ssdtrain").string());
  const Outcome two = tests::run(start +
                                 "RANK=1 $T --output-dir run & RANK=0 $T --output-dir run; "
                                 "wait $!");
  INFO(two.err);
  CHECK(two.exit_code == 0);
  CHECK(step_of(place.at("run/last.safetensors")) == 12);
  const Outcome other = tests::run(start +
                                   "RANK=1 $T --output-dir other train.momentum=0.5 & "
                                   "RANK=0 $T --output-dir other; C=$?; wait $!; exit $C");
  CHECK(other.exit_code == 6);
  CHECK_THAT(other.err, Contains("rank 1 on ") && Contains("another configuration: train.momentum "
                                                           "is 0.5, there 0.9"));
  CHECK_FALSE(std::filesystem::exists(place.at("other")));
  for (const auto& [first, second, how] :
       {std::tuple("", " --dry-run", "was started with --dry-run, and rank 0 on "),
        {" --dry-run", "", "was started without --dry-run, and rank 0 on "}}) {
    const Outcome checks =
        tests::run(start + "RANK=1 $T --output-dir other" + second +
                   " & RANK=0 $T --output-dir other" + first + "; C=$?; wait $!; exit $C");
    INFO(checks.err);
    CHECK(checks.exit_code == 2);
    CHECK(std::count(checks.err.begin(), checks.err.end(), '\n') == 1);
    CHECK_THAT(checks.err, Contains(how) && Contains("start all ranks alike"));
    CHECK_FALSE(std::filesystem::exists(place.at("other")));
  }
  const Outcome more = tests::run(start + "RANK=0 $T --ranks 4");
  CHECK(more.exit_code == 2);
  CHECK_THAT(more.err, Contains("ranks.count=4, but the launcher has started 2 ranks"));
  const Outcome alone = tests::run(start + "RANK=0 $T ranks.timeout_seconds=1");
  CHECK(alone.exit_code == 6);
  CHECK_THAT(alone.err, Contains("rank 1 of 2 did not come within 1 s"));
}
