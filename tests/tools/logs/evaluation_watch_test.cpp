// An evaluation says from time to time how far it is.
#include "tools/logs/evaluation_watch.h"

#include <mutex>
#include <set>
#include <vector>

#include "data/metrics/coco_eval.h"
#include "tests/support/catch.h"

TEST_CASE("progress of an evaluation: images, then classes, but not the last of them") {
  std::vector<std::string> lines;
  const logs::EvaluationWatch watch{.say = [&](const std::string& line) { lines.push_back(line); },
                                    .every = 0};
  logs::EvaluationProgress progress(watch);
  progress.done(30, 60, "images");
  progress.done(60, 60, "images");
  progress.done(2500, 5000, "classes measured");
  CHECK(lines == std::vector<std::string>{"evaluation: 30 of 60 images (50 %)",
                                          "evaluation: 2500 of 5000 classes measured (50 %)"});
  const logs::EvaluationWatch rare{.say = watch.say, .every = 3600};
  logs::EvaluationProgress(rare).done(30, 60, "images");
  CHECK(lines.size() == 2);
  const logs::EvaluationWatch silent{.every = 0};
  logs::EvaluationProgress(silent).done(30, 60, "images");
}

TEST_CASE("progress of the metrics: one call for each category, also of several threads") {
  data::Dataset truth;
  for (int id = 1; id <= 40; ++id)
    truth.categories.push_back({.id = id, .name = std::to_string(id)});
  truth.images.push_back({.id = 1});
  std::set<size_t> counts;
  std::mutex mutex;
  data::EvaluationOptions options{.threads = 3};
  options.progress = [&](size_t done, size_t all) {
    const std::lock_guard lock(mutex);
    counts.insert(done);
    counts.insert(all);
  };
  data::evaluate(truth, {}, options);
  CHECK(counts.size() == 40);
  CHECK((*counts.begin() == 1 && *counts.rbegin() == 40));
}
