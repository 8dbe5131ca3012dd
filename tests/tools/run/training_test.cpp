// Training inside the process: resuming bit for bit, what is trained and what is not, the end.
#include <csignal>
#include <cstdio>

#include "tests/support/catch.h"
#include "tests/support/tools/training_job.h"
#include "tools/run/resumed_run.h"
#include "tools/run/trainer.h"

namespace fs = std::filesystem;
using tests::loss, tests::numbered, tests::results_of, tests::step_of, tests::tensors_of,
    tests::Overrides;
using Job = tests::TrainingJob;

namespace {

// Takes what is written to stderr, and raises SIGTERM when it contains `words`.
class TerminateAt {
 public:
  explicit TerminateAt(const std::string& words) : words_(words) {
    before_ = stderr;
    stderr =
        fopencookie(this, "w", {.read = nullptr, .write = take, .seek = nullptr, .close = nullptr});
    REQUIRE(stderr);
    setvbuf(stderr, nullptr, _IONBF, 0);
  }
  ~TerminateAt() {
    fclose(stderr);
    stderr = before_;
  }
  TerminateAt(const TerminateAt&) = delete;
  TerminateAt& operator=(const TerminateAt&) = delete;

 private:
  static ssize_t take(void* self, const char* text, size_t size) {
    auto& at = *static_cast<TerminateAt*>(self);
    at.said_.append(text, size);
    if (at.raised_ || at.said_.find(at.words_) == std::string::npos) return ssize_t(size);
    at.raised_ = true;
    std::raise(SIGTERM);
    return ssize_t(size);
  }

  std::string words_, said_;
  bool raised_ = false;
  FILE* before_ = nullptr;
};

}  // namespace

TEST_CASE("going on from any step ends in the bits of the run that never stopped") {
  const auto more =
      GENERATE(Overrides{},
               Overrides{"train.ema=0.9", "train.accumulate=2", "train.clip_norm=0.5",
                         "data.augment.crop.kind=ssd_pad", "data.augment.colour.probability=0.8"},
               Overrides{"train.precision=bf16", "data.augment.crop.kind=ssd", "train.ema=0.8"},
               Overrides{"train.optimizer.kind=adamw", "train.ema=0.9", "train.clip_norm=0.5"});
  Job job;
  Overrides all = more;
  all.insert(all.end(), {"checkpoint.every_steps=1", "checkpoint.keep=100"});
  REQUIRE(job.train("whole", all));
  const auto whole = tensors_of("whole/last.safetensors");
  const auto rows = results_of("whole");
  REQUIRE(rows.size() == 12);
  // An epoch has 6 batches, an evaluation comes after 4, 8 and 12 steps.
  for (int step : {1, 3, 4, 5, 6, 8, 11, 12}) {
    CAPTURE(step);
    fs::remove_all("part");
    fs::copy("whole", "part");
    fs::remove("part/last.safetensors");  // as if killed after this step, with logs ahead of it
    fs::copy(numbered("whole", step), "part/last.safetensors");
    REQUIRE(job.train("part", all, "auto"));
    CHECK((tensors_of("part/last.safetensors") == whole));
    CHECK((results_of("part") == rows));
  }
}

TEST_CASE("images kept in device memory change no bit, also in a run that goes on") {
  Job job(60, 4);  // of 1.6 MiB: some have no room
  const std::string crop = GENERATE("random", "ssd_pad");
  const Overrides plain{"train.steps=40", "eval.every_steps=20",
                        "data.augment.colour.probability=0.3", "data.augment.crop.kind=" + crop};
  REQUIRE(job.train("plain", plain));
  const auto expected = tensors_of("plain/last.safetensors");
  for (const char* cache : {"1", "100"}) {
    CAPTURE(cache);
    Overrides more = plain;
    more.push_back(std::string("data.device_cache_mib=") + cache);
    const std::string whole = std::string("whole") + cache, part = std::string("part") + cache;
    REQUIRE(job.train(whole, more));
    CHECK((tensors_of(whole + "/last.safetensors") == expected));
    CHECK((results_of(whole) == results_of("plain")));
    CHECK_THAT(tests::text_of(whole + "/train.log"),
               Catch::Contains(*cache == '1' && !cache[1] ? "image cache 1.0 MiB"
                                                          : "image cache 1.6 MiB"));
    Overrides first = more;
    first.push_back("train.steps=23");
    REQUIRE(job.train(part, first));
    REQUIRE(job.train(part, more, "auto"));
    CHECK((tensors_of(part + "/last.safetensors") == expected));
  }
}

TEST_CASE("a run stopped again and again ends in the same bits") {
  Job job;
  const Overrides more{"train.ema=0.9", "data.augment.colour.probability=0.5"};
  REQUIRE(job.train("whole", more));
  for (int steps = 2; steps <= 12; steps += 2) {
    Overrides part = more;
    part.push_back("train.steps=" + std::to_string(steps));
    REQUIRE(job.train("part", part, steps == 2 ? "" : "auto"));
  }
  // Each part ends with an evaluation of its own, which changes nothing but the log.
  CHECK((tensors_of("part/last.safetensors") == tensors_of("whole/last.safetensors")));
  CHECK(results_of("part").size() == 12);
}

TEST_CASE("a request to stop saves the step and says that the run has not ended") {
  Job job;
  const config::RunConfig config = config::load_run_config("tiny.json", {"output_dir=run"});
  const run::StopSignal stop;
  run::Trainer trainer(config, nullptr);
  const run::RunFolder folder = run::RunFolder::create(trainer.config(), {});
  std::raise(SIGTERM);
  CHECK_FALSE(trainer.run(&folder, stop));
  CHECK(step_of("run/last.safetensors") == 0);
}

TEST_CASE("a signal stops an evaluation, and that comes first when the run goes on") {
  Job job;  // evaluates after steps 4, 8 and 12
  const Overrides more{"eval.batch_size=1"};
  REQUIRE(job.train("whole", more));
  const auto stopped = [&](const std::string& words) {
    const TerminateAt at(words);
    CHECK_FALSE(job.train("part", more, fs::exists("part") ? "auto" : ""));
  };
  stopped("step 4/12");
  CHECK(step_of("part/last.safetensors") == 4);
  CHECK_FALSE(fs::exists("part/metrics.json"));
  CHECK_THAT(tests::text_of("part/train.log"),
             Catch::Contains("the evaluation after step 4 was stopped") &&
                 Catch::Contains("stopped by SIGTERM after step 4"));
  stopped("step 12/12");  // that of step 4 is made
  CHECK(step_of("part/last.safetensors") == 12);
  REQUIRE(job.train("part", more, "auto"));
  CHECK((tensors_of("part/last.safetensors") == tensors_of("whole/last.safetensors")));
  CHECK(step_of("part/best.safetensors") == step_of("whole/best.safetensors"));
  CHECK(tests::text_of("part/metrics.json") == tests::text_of("whole/metrics.json"));
  CHECK(tests::text_of("part/last_metrics.json") == tests::text_of("whole/last_metrics.json"));
  const auto evaluations = [](const std::string& run) {
    std::map<std::string, std::string> by_step;
    for (const tests::Row& row : results_of(run))
      if (const std::string& value = row.at("DetectionBoxes_Precision/mAP"); !value.empty())
        by_step[row.at("step")] = value;
    return by_step;
  };
  CHECK(evaluations("part").size() == 3);
  CHECK(evaluations("part") == evaluations("whole"));
}

TEST_CASE("eight pictures are learnt by heart") {
  Job job(8, 4);
  Overrides more{"data.val.annotations=data/annotations/instances_train.json",
                 "train.steps=150",
                 "train.schedule.total=150",
                 "eval.every_steps=50",
                 "data.augment.crop.kind=none",
                 "data.augment.flip_probability=0",
                 "train.batch_size=8",
                 "train.schedule.base_rate=0.02",
                 "train.schedule.reference_batch=8",
                 "train.schedule.warmup_steps=20",
                 "model.batch_norm.decay=0.9",
                 "model.fpn_channels=32",
                 "model.head_channels=32",
                 "model.backbone_width=16"};
  REQUIRE(job.train("run", more));
  const auto rows = results_of("run");
  REQUIRE(rows.size() == 150);
  CHECK(loss(rows.back()) <= 0.2 * loss(rows.front()));
  const auto map = [&](size_t step) {
    return std::stod(rows[step - 1].at("DetectionBoxes_Precision/mAP@.50IOU"));
  };
  CHECK(map(150) > map(50));
  CHECK(map(150) > 0.9);
}

TEST_CASE("frozen parameters keep every bit, the others change") {
  Job job;
  const Overrides start{"train.steps=1", "eval.every_steps=0"};
  REQUIRE(job.train("start", start));
  const auto before = tensors_of("start/last.safetensors");
  std::string prefix;
  for (const auto& [name, bytes] : before)
    if (prefix.empty() && name.starts_with("model/"))
      prefix = name.substr(6, name.find('/', 6) - 6);
  REQUIRE(
      job.train("run", {"train.steps=3", "eval.every_steps=0", "train.freeze=[\"" + prefix + "\"]",
                        "checkpoint.init_from=start/last.safetensors"}));
  const auto after = tensors_of("run/last.safetensors");
  int kept = 0, changed = 0;
  for (const auto& [name, bytes] : after) {
    if (!name.starts_with("model/") || name.find("moving") != std::string::npos) continue;
    CAPTURE(name);
    const bool frozen = name.starts_with("model/" + prefix);
    const bool decayed = name.find("kernel") != std::string::npos;  // others may have no gradient
    if (frozen || decayed) CHECK((bytes == before.at(name)) == frozen);
    CHECK(after.contains("optimizer/momentum/" + name.substr(6)) != frozen);
    ++(frozen ? kept : changed);
  }
  CHECK(kept > 0);
  CHECK(changed > 0);
}

TEST_CASE("frozen batch normalisation leaves the moving statistics alone") {
  Job job;
  const std::string mode = GENERATE("frozen", "train");
  REQUIRE(job.train("start", {"train.steps=2", "eval.every_steps=0"}));
  REQUIRE(job.train("run", {"train.steps=3", "eval.every_steps=0", "model.batch_norm.mode=" + mode,
                            "checkpoint.init_from=start/last.safetensors"}));
  const auto before = tensors_of("start/last.safetensors");
  int statistics = 0;
  for (const auto& [name, bytes] : tensors_of("run/last.safetensors")) {
    if (name.find("moving") == std::string::npos) continue;
    CAPTURE(name);
    CHECK((bytes == before.at(name)) == (mode == "frozen"));
    ++statistics;
  }
  CHECK(statistics > 0);
}

TEST_CASE("the moving average of the weights is another set of weights, and is saved") {
  Job job;
  REQUIRE(job.train("run", {"train.steps=3", "eval.every_steps=0", "train.ema=0.9"}));
  const auto tensors = tensors_of("run/last.safetensors");
  int averages = 0;
  for (const auto& [name, bytes] : tensors)
    if (name.starts_with("ema/") && name.find("kernel") != std::string::npos) {
      CAPTURE(name);
      CHECK((bytes != tensors.at("model/" + name.substr(4))));
      ++averages;
    }
  CHECK(averages > 0);
}

TEST_CASE("early stopping ends the run, and a resumed one stays ended until patience grows") {
  Job job;
  Overrides more{"train.early_stopping.patience=2", "train.early_stopping.min_gain=1",
                 "eval.every_steps=1"};
  REQUIRE(job.train("run", more));
  CHECK(step_of("run/last.safetensors") == 3);  // the first counts as a gain
  const auto ended = tensors_of("run/last.safetensors");
  REQUIRE(job.train("run", more, "auto"));
  CHECK(step_of("run/last.safetensors") == 3);
  CHECK((tensors_of("run/last.safetensors") == ended));
  more.front() = "train.early_stopping.patience=4";
  REQUIRE(job.train("run", more, "auto"));
  CHECK(step_of("run/last.safetensors") == 5);
  CHECK(results_of("run").size() == 5);
}

TEST_CASE("as many numbered checkpoints stay as were asked for, the newest") {
  Job job;
  REQUIRE(job.train("run", {"train.steps=6", "checkpoint.every_steps=1", "checkpoint.keep=3",
                            "eval.every_steps=0"}));
  for (int step = 1; step <= 6; ++step) CHECK(fs::exists(numbered("run", step)) == (step > 3));
  CHECK(step_of("run/last.safetensors") == 6);
  CHECK(step_of("run/previous.safetensors") == 5);
}

TEST_CASE("going on into another folder leaves the first run as it was") {
  Job job;
  REQUIRE(job.train("first", {"train.steps=2", "eval.every_steps=0"}));
  const std::string log = tests::text_of("first/train.log");
  fs::create_directory("second");
  REQUIRE(job.train("second", {"train.steps=4", "eval.every_steps=0"}, "first/last.safetensors"));
  CHECK(tests::text_of("first/train.log") == log);
  CHECK(step_of("first/last.safetensors") == 2);
  CHECK(step_of("second/last.safetensors") == 4);
}
