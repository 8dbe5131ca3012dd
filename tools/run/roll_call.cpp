#include "tools/run/roll_call.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <chrono>
#include <cstring>

#include "engine/base/text.h"
#include "engine/tensor.h"

namespace run {
namespace {

using base::ExitCode, base::fail;

constexpr double kSlow = 1.5;         // times the median
constexpr double kNoticeable = 1e-3;  // seconds

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

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + int64_t(values.size() / 2), values.end());
  return values[values.size() / 2];
}

}  // namespace

double RollCall::own_seconds() {
  const double time = now(), in_calls = ranks_->seconds_in_calls();
  const double seconds = last_time_ > 0 ? time - last_time_ - (in_calls - last_in_calls_) : 0;
  return std::max(0.0, seconds);
}

std::vector<RankNote> RollCall::exchanged(const RankNote& mine) {
  std::vector<RankNote> notes;
  for (const std::string& text : ranks_->gather_bytes("notes", packed(mine)))
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
           ": one of both computes wrong; go on from an earlier checkpoint");
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

double RollCall::mean_seconds(int rank) const {
  return calls_ ? seconds_[size_t(rank)] / double(calls_) : 0;
}

std::string RollCall::stragglers() {
  std::string words;
  const double usual = calls_ ? median(seconds_) / double(calls_) : 0;
  for (size_t r = 0; r < seconds_.size(); ++r)
    if (const double own = mean_seconds(int(r)); own > kSlow * usual && own - usual > kNoticeable)
      words += fmt::format("{}{} is slow: {:.3g} s per batch, the median rank {:.3g} s",
                           words.empty() ? "" : "; ", engine::rank_in_words(*ranks_, int(r)), own,
                           usual);
  std::fill(seconds_.begin(), seconds_.end(), 0.0);
  calls_ = 0;
  return words;
}

void confirm_step(engine::Collectives& ranks, Device& device, int64_t step) {
  device.backend().synchronize(device.queue());
  const std::string mine = ranks.intact() ? std::to_string(step) : "none";
  const std::vector<std::string> all = ranks.gather_bytes("finished steps", mine);
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
