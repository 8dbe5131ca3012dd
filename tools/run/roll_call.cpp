#include "tools/run/roll_call.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <utility>

#include "engine/base/text.h"
#include "engine/tensor.h"

namespace run {
namespace {

using base::ExitCode, base::fail;

constexpr double kSlow = 1.5;         // times the median
constexpr double kNoticeable = 1e-3;  // seconds
constexpr int64_t kJudged = 10;       // batches, before a rank counts as slow
constexpr size_t kMostListed = 16;    // ranks whose times are all told

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

struct Numbers {
  int32_t stop = 0, fault = 0;
  double seconds = 0;
  uint64_t weights = 0;
};

std::string packed(const RankNote& note) {
  const Numbers numbers{note.stop, note.fault, note.seconds, note.weights};
  return std::string(reinterpret_cast<const char*>(&numbers), sizeof numbers) + note.words;
}

RankNote unpacked(const std::string& text) {
  Numbers n;
  std::memcpy(&n, text.data(), std::min(text.size(), sizeof n));
  return {.stop = n.stop,
          .fault = n.fault,
          .seconds = n.seconds,
          .weights = n.weights,
          .words = text.size() > sizeof n ? text.substr(sizeof n) : ""};
}

// The lower one of an even number of values: if one of two ranks is slow, the other is usual.
double median(std::vector<double> values) {
  const auto middle = values.begin() + int64_t((values.size() - 1) / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

double RollCall::own_seconds() {
  const double time = now(), in_calls = ranks_->seconds_in_calls();
  const double seconds = last_time_ > 0 ? time - last_time_ - (in_calls - last_in_calls_) : 0;
  return std::max(0.0, seconds);
}

std::vector<RankNote> RollCall::exchanged(const RankNote& mine) {
  std::vector<RankNote> notes;
  for (const std::string& text : ranks_->gather_bytes("news after each step", packed(mine)))
    notes.push_back(unpacked(text));
  last_time_ = now();
  last_in_calls_ = ranks_->seconds_in_calls();
  seconds_.resize(notes.size());
  for (size_t r = 0; r < notes.size(); ++r) seconds_[r] += notes[r].seconds;
  ++calls_;
  return notes;
}

void RollCall::check(const std::vector<RankNote>& notes, int64_t step) const {
  for (size_t r = 0; r < notes.size(); ++r)
    if (notes[r].fault)
      fail(ExitCode(notes[r].fault), engine::rank_in_words(*ranks_, int(r)), ": ",
           base::printable(notes[r].words));
  for (size_t r = 1; r < notes.size(); ++r)
    if (notes[r].weights != notes[0].weights)
      fail(ExitCode::failed, engine::rank_in_words(*ranks_, int(r)),
           " has other weights than rank 0 on ", ranks_->host(0), " after step ", step,
           ": one of the two computes wrongly; go on from an earlier checkpoint");
}

std::string RollCall::call(RankNote mine, int64_t step) {
  if (!ranks_) return mine.stop ? mine.words : "";
  mine.seconds = own_seconds();
  const std::vector<RankNote> notes = exchanged(mine);
  check(notes, step);
  for (size_t r = 0; r < notes.size(); ++r)
    if (notes[r].stop)
      return fmt::format("{} at {}", base::printable(notes[r].words),
                         engine::rank_in_words(*ranks_, int(r)));
  return {};
}

std::vector<double> RollCall::own_times() {
  std::vector<double> times(seconds_.size(), 0.0);
  seconds_.swap(times);
  for (double& time : times) time /= double(calls_);
  calls_ = 0;
  return times;
}

std::vector<std::string> RollCall::own_times_in_words() {
  if (!ranks_ || calls_ == 0) return {};
  const std::vector<std::string> names = engine::ranks_in_words(*ranks_);
  const bool judged = calls_ >= kJudged && !std::exchange(first_interval_, false);
  const std::vector<double> times = own_times();
  std::vector<std::string> lines{run::own_times_in_words(times, names)};
  if (const std::string slow = stragglers_in_words(times, names); judged && !slow.empty())
    lines.push_back("warning: " + slow);
  return lines;
}

std::string own_times_in_words(const std::vector<double>& seconds,
                               const std::vector<std::string>& names) {
  if (seconds.size() <= kMostListed) {
    std::vector<std::string> each;
    for (const double s : seconds) each.push_back(fmt::format("{:.3g}", s));
    return fmt::format("own work per batch of ranks 0 to {}: {} s", seconds.size() - 1,
                       fmt::join(each, ", "));
  }
  const auto [least, most] = std::minmax_element(seconds.begin(), seconds.end());
  return fmt::format(
      "own work per batch of {} ranks: {:.3g} s ({}) to {:.3g} s ({}), median {:.3g} s",
      seconds.size(), *least, names[size_t(least - seconds.begin())], *most,
      names[size_t(most - seconds.begin())], median(seconds));
}

std::string stragglers_in_words(const std::vector<double>& seconds,
                                const std::vector<std::string>& names) {
  std::string words;
  const double usual = median(seconds);
  for (size_t r = 0; r < seconds.size(); ++r)
    if (seconds[r] > kSlow * usual && seconds[r] - usual > kNoticeable)
      words += fmt::format("{}{} is slow: {:.3g} s per batch, {} {:.3g} s",
                           words.empty() ? "" : "; ", names[r], seconds[r],
                           seconds.size() == 2 ? "the other one" : "the median rank", usual);
  return words;
}

void confirm_step(engine::Collectives& ranks, Device& device, int64_t step) {
  device.backend().synchronize(device.queue());
  const std::string mine = ranks.intact() ? std::to_string(step) : "none";
  const std::vector<std::string> all = ranks.gather_bytes("the numbers of finished steps", mine);
  for (size_t r = 0; r < all.size(); ++r)
    if (all[r] != mine)
      fail(ExitCode::resources, engine::rank_in_words(ranks, int(r)), " has not finished step ",
           step);
}

uint64_t hash_of(const std::vector<kernels::View>& views, Device& device) {
  const bool on_gpu = device.queue().gpu;
  uint64_t hash = 1;
  std::vector<std::byte> copy;
  for (const kernels::View& v : views) {
    if (!v) continue;
    const size_t bytes = engine::bytes_of(v);
    if (on_gpu) {
      copy.resize(bytes);
      device.backend().copy(copy.data(), v.data, bytes, device.queue());
      device.backend().synchronize(device.queue());
    }
    hash = XXH3_64bits_withSeed(on_gpu ? copy.data() : v.data, bytes, hash);
  }
  return hash | 1;  // 0 means that nobody looked
}

}  // namespace run
