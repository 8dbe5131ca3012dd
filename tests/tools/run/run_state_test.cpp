// The state of a run as text: what is written is read, and what no run can have is refused.
#include "tools/run/run_state.h"

#include <nlohmann/json.hpp>

#include "engine/base/error.h"
#include "tests/support/catch.h"

using nlohmann::json;
using run::RunState;

namespace {

RunState sample() {
  RunState s;
  s.step = 120, s.total_steps = 500, s.threads = 4;
  s.optimizer.step = 117, s.optimizer.skipped = 3, s.optimizer.loss_scale = 32768;
  s.optimizer.clean_steps = 17, s.optimizer.overflows = 1;
  s.cursor = {.epoch = 7, .image = 24};
  s.evaluation_due = true;
  s.best = {.metric = 0.25, .step = 100, .evaluations_without_gain = 1};
  s.train = {.images = 30, .labels = 99, .names = 1, .sizes = ~0ull, .boxes = 3, .file_bytes = 4};
  s.train.pictures = 5;
  return s;
}

json with(const char* key, const json& value) {
  json j = json::parse(run::to_json(sample()));
  j[key] = value;
  return j;
}

std::string refusal(const std::string& text) {
  try {
    run::run_state_from_json(text, "a.safetensors");
    return "";
  } catch (const base::Error& e) {
    CHECK(e.code() == base::ExitCode::checkpoint);
    CHECK(std::string(e.what()).find('\n') == std::string::npos);
    CHECK_THAT(e.what(), Catch::StartsWith("a.safetensors: its training state cannot be used: "));
    return e.what();
  }
}

}  // namespace

TEST_CASE("a state is read as it was written") {
  const RunState s = sample(), back = run::run_state_from_json(run::to_json(s), "x");
  CHECK(back.step == s.step);
  CHECK(back.total_steps == s.total_steps);
  CHECK(back.threads == s.threads);
  CHECK(back.optimizer.step == s.optimizer.step);
  CHECK(back.optimizer.skipped == s.optimizer.skipped);
  CHECK(back.optimizer.loss_scale == s.optimizer.loss_scale);
  CHECK(back.optimizer.clean_steps == s.optimizer.clean_steps);
  CHECK(back.optimizer.overflows == s.optimizer.overflows);
  CHECK(back.cursor.epoch == s.cursor.epoch);
  CHECK(back.cursor.image == s.cursor.image);
  CHECK(back.best == s.best);
  CHECK(back.evaluation_due);
  CHECK(back.train == s.train);
  CHECK(back.train.pictures == 5);
  CHECK(back.val == s.val);
}

TEST_CASE("files of earlier versions lack some entries") {
  json j = json::parse(run::to_json(sample()));
  for (const char* key : {"total_steps", "overflows", "train_data", "val_data", "evaluation_due"})
    j.erase(key);
  const RunState back = run::run_state_from_json(j.dump(), "x");
  CHECK(back.step == 120);
  CHECK(back.total_steps == 0);
  CHECK_FALSE(back.train.known());
  CHECK_FALSE(back.evaluation_due);
}

TEST_CASE("numbers that no run can have are refused, whatever their type") {
  const char* key =
      GENERATE("step", "total_steps", "applied_steps", "skipped", "loss_scale", "clean_steps",
               "skipped_in_a_row", "overflows", "epoch", "image", "best_metric", "best_step",
               "evaluations_without_gain", "threads", "evaluation_due");
  CAPTURE(key);
  for (const json& value :
       {json(-2), json(-1e300), json(1e300), json(-7e18), json(INT64_MIN), json(UINT64_MAX),
        json("12"), json(nullptr), json::array({1}), json(true), json(json::object())}) {
    if (std::string(key) == "loss_scale" && value == json(UINT64_MAX)) continue;  // it may be
    CAPTURE(value.dump());
    CHECK_THAT(refusal(with(key, value).dump()), Catch::Contains(key));
  }
}

TEST_CASE("numbers that contradict each other, and text that is no state, are refused") {
  CHECK_THAT(refusal(with("applied_steps", 121).dump()), Catch::Contains("applied_steps is 121"));
  CHECK_THAT(refusal(with("best_step", 121).dump()), Catch::Contains("best_step is 121"));
  CHECK_THAT(refusal(with("applied_steps", 0).dump()),
             Catch::Contains("applied_steps is 0, expected step - skipped, 120 - 3"));
  CHECK_THAT(refusal(with("skipped", 0).dump()), Catch::Contains("applied_steps is 117"));
  CHECK_THAT(refusal(with("best_step", 0).dump()), Catch::Contains("best_metric is 0.25"));
  CHECK_THAT(refusal(with("best_metric", -1).dump()), Catch::Contains("best_metric is -1"));
  for (const auto& [key, most] : {std::pair("evaluations_without_gain", 20),
                                  {"skipped_in_a_row", 3},
                                  {"overflows", 3},
                                  {"clean_steps", 117}}) {
    CAPTURE(key);
    CHECK_NOTHROW(run::run_state_from_json(with(key, most).dump(), "x"));
    CHECK_THAT(refusal(with(key, most + 1).dump()),
               Catch::Contains(std::string(key) + " is ") &&
                   Catch::EndsWith("; take another checkpoint, or start anew from its weights with "
                                   "--init-from"));
  }
  CHECK_THAT(refusal(with("loss_scale", 0).dump()), Catch::Contains("loss_scale is 0"));
  CHECK_THAT(refusal(with("step", 2.5).dump()), Catch::Contains("step is not a whole number"));
  CHECK_THAT(refusal(with("train_data", 3).dump()), Catch::Contains("not a JSON object"));
  json j = json::parse(run::to_json(sample()));
  j["train_data"]["boxes"] = "12";
  CHECK_THAT(refusal(j.dump()), Catch::Contains("boxes is not a hash"));
  j.erase("step");
  CHECK_THAT(refusal(j.dump()), Catch::Contains("step is missing"));
  for (const char* text : {"", "[]", "{", "7", "null"}) CHECK_FALSE(refusal(text).empty());
}
