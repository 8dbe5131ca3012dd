// A long run of small steps: memory, descriptors and threads stay what they are.
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include "tests/support/catch.h"
#include "tests/support/scale.h"
#include "tests/support/tools/training_job.h"

namespace fs = std::filesystem;

namespace {

// What this process holds at one moment.
struct Sample {
  double allocated_mib = 0;  // what the program has allocated and not freed
  double resident_mib = 0;   // also what the allocator keeps, and what is mapped
  int descriptors = 0, threads = 0;
};

size_t entries(const fs::path& folder) {
  std::error_code gone;
  size_t count = 0;
  for (fs::directory_iterator at(folder, gone), end; !gone && at != end; at.increment(gone))
    ++count;
  return count;
}

Sample sample_now() {
  const double mib = 1 << 20;
  const struct mallinfo2 heap = mallinfo2();
  long total = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return {double(heap.uordblks + heap.hblkhd) / mib,
          double(resident) * double(sysconf(_SC_PAGESIZE)) / mib, int(entries("/proc/self/fd")),
          int(entries("/proc/self/task"))};
}

// Takes samples in even distances in a thread of its own, as long as it lives.
class Watch {
 public:
  explicit Watch(std::vector<Sample>& samples) {
    thread_ = std::thread([this, &samples] {
      for (; !ended_; std::this_thread::sleep_for(std::chrono::milliseconds(10)))
        samples.push_back(sample_now());
    });
  }
  ~Watch() {
    ended_ = true;
    thread_.join();
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  std::atomic<bool> ended_ = false;
  std::thread thread_;
};

template <class T> T median(std::vector<Sample> part, T Sample::*value) {
  std::nth_element(part.begin(), part.begin() + int64_t(part.size() / 2), part.end(),
                   [&](const Sample& a, const Sample& b) { return a.*value < b.*value; });
  return part[part.size() / 2].*value;
}

}  // namespace

TEST_CASE("thousands of steps: memory, descriptors and threads do not grow") {
  const int steps = tests::scaled(4000, 20000);
  const tests::TrainingJob job(8, 4);
  std::vector<Sample> samples;
  samples.reserve(size_t(steps) * 10);  // so that they do not grow, too
  {
    const Watch watch(samples);
    // An epoch has two steps. Every evaluation has a loader of its own.
    REQUIRE(job.train(
        "run",
        {"train.steps=" + std::to_string(steps), "train.schedule.total=" + std::to_string(steps),
         "checkpoint.every_steps=200", "eval.every_steps=100", "log.every_steps=50"}));
  }
  REQUIRE(tests::step_of(job.place.at("run/last.safetensors")) == steps);
  REQUIRE(samples.size() > 100);

  // The first half is warm-up, and the second half is looked at in six parts.
  const size_t parts = 6;
  std::vector<double> allocated_mib, resident_mib;
  double least_growth = 1e9;
  const auto at = [&](size_t n) {
    return samples.begin() + int64_t((parts + n) * samples.size() / (2 * parts));
  };
  const std::vector<Sample> first(at(0), at(1));
  for (size_t i = 0; i < parts; ++i) {
    const std::vector<Sample> part(at(i), at(i + 1));
    allocated_mib.push_back(median(part, &Sample::allocated_mib));
    resident_mib.push_back(median(part, &Sample::resident_mib));
    if (i > 0) least_growth = std::min(least_growth, resident_mib[i] - resident_mib[i - 1]);
    CHECK(median(part, &Sample::descriptors) == median(first, &Sample::descriptors));
    CHECK(median(part, &Sample::threads) == median(first, &Sample::threads));
  }
  CAPTURE(samples.size(), allocated_mib, resident_mib);
  const double steps_between = double(steps) / 2 * (parts - 1) / parts;
  CHECK(allocated_mib.back() - allocated_mib.front() <= steps_between * 50 / (1 << 20));
  // What is mapped is not allocated. Resident memory jumps when the heap of a thread grows, because
  // it allocates beside another thread for the first time. A leak grows in every part, so that it
  // shows in the part that grew least.
  CHECK(least_growth <= double(steps) / double(2 * parts) / 4000);
}
