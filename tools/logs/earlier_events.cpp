#include "tools/logs/earlier_events.h"

#include <fmt/format.h>

#include <filesystem>
#include <protozero/pbf_reader.hpp>

#include "data/formats/tfrecord.h"
#include "engine/base/error.h"
#include "engine/base/set_aside.h"

namespace logs {
namespace fs = std::filesystem;

namespace {

// The step of an event, or -1 if the bytes are not an event.
int64_t step_of(std::string_view payload) {
  int64_t step = 0;
  try {
    protozero::pbf_reader event(payload.data(), payload.size());
    while (event.next()) {
      if (event.tag() == kStepOfEvent) {
        step = event.get_int64();
      } else {
        event.skip();
      }
    }
  } catch (const protozero::exception&) {
    return -1;
  }
  return step;
}

struct EarlierEvents {
  uint64_t bytes = 0;    // before the first event that is damaged or of a later step
  bool damaged = false;  // a last event that a crash has cut off does not count
};

EarlierEvents events_until(int64_t last_step, const std::string& path) {
  EarlierEvents events;
  data::RecordReader reader(path);
  try {
    for (std::string_view payload; reader.next(payload);) {
      const int64_t step = step_of(payload);
      events.damaged = step < 0;
      if (events.damaged || step > last_step) break;
      events.bytes = reader.offset_of(payload) + payload.size() + sizeof(uint32_t);
    }
  } catch (const base::Error&) {
    events.damaged = !reader.cut_off();
  }
  return events;
}

}  // namespace

std::string cut_events_after(const std::string& path, int64_t last_step) {
  const EarlierEvents events = events_until(last_step, path);
  std::string damage;
  std::error_code error;
  if (events.damaged) {
    // TensorBoard reads every file that has "tfevents" in its name.
    const std::string aside = base::free_name(fs::path(path).parent_path() / "events", "damaged");
    fs::copy_file(path, aside, error);
    if (error) base::fail(base::ExitCode::data, "cannot copy ", path, ": ", error.message());
    damage = fmt::format(
        "{}: damaged from byte {} on, which was left out; the file as it was is {}",
        fs::path(path).filename().string(), events.bytes, fs::path(aside).filename().string());
  }
  fs::resize_file(path, events.bytes, error);
  if (error) base::fail(base::ExitCode::data, "cannot shorten ", path, ": ", error.message());
  return damage;
}

std::string newest_events(const std::string& folder) {
  std::string newest;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().starts_with(kEventFilePrefix))
      newest = std::max(newest, entry.path().string());
  return newest;
}

}  // namespace logs
