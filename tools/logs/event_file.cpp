#include "tools/logs/event_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <protozero/pbf_reader.hpp>
#include <protozero/pbf_writer.hpp>

#include "data/formats/tfrecord.h"
#include "engine/base/append_file.h"
#include "engine/base/error.h"
#include "engine/base/record_crc.h"
#include "engine/base/set_aside.h"

namespace logs {
namespace fs = std::filesystem;

namespace {

// Field numbers of tensorflow/core/util/event.proto and framework/summary.proto.
enum class EventField : uint32_t { wall_time = 1, step = 2, file_version = 3, summary = 5 };
enum class ValueField : uint32_t { tag = 1, simple_value = 2, image = 4 };
enum class ImageField : uint32_t { height = 1, width = 2, colorspace = 3, encoded = 4 };
constexpr uint32_t kSummaryValue = 1;
constexpr int kRgb = 3;
constexpr char kPrefix[] = "events.out.tfevents.";

uint32_t field(auto name) { return uint32_t(name); }

template <class T>
void add_bytes(std::string& text, T value) {  // little-endian, as every host here
  text.append(reinterpret_cast<const char*>(&value), sizeof value);
}

std::string framed(std::string_view payload) {
  std::string record;
  add_bytes(record, uint64_t(payload.size()));
  add_bytes(record, base::record_crc(record));
  record.append(payload);
  add_bytes(record, base::record_crc(payload));
  return record;
}

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// The step of an event, or -1 if the bytes are not an event.
int64_t step_of(std::string_view payload) {
  int64_t step = 0;
  try {
    protozero::pbf_reader event(payload.data(), payload.size());
    while (event.next()) {
      if (event.tag() == field(EventField::step)) {
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

// Keeps only what comes before the first event that is damaged or of a later step. Returns what was
// damaged in words, or nothing.
std::string cut_after(const std::string& path, int64_t last_step) {
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

// The newest file is the last by name, because the name starts with the time.
std::string newest_in(const std::string& folder) {
  std::string newest;
  for (const auto& entry : fs::directory_iterator(folder))
    if (entry.path().filename().string().starts_with(kPrefix))
      newest = std::max(newest, entry.path().string());
  return newest;
}

std::string new_name(const std::string& folder) {
  constexpr size_t kLongestName = 256;
  char host[kLongestName] = "host";
  gethostname(host, sizeof host - 1);
  return fmt::format("{}/{}{:010}.{}.{}", folder, kPrefix, int64_t(now()), host, getpid());
}

}  // namespace

EventFile::EventFile(const std::string& folder, int64_t last_step) {
  std::string path = last_step > 0 ? newest_in(folder) : "";
  if (path.empty()) {
    path = new_name(folder);
  } else {
    damage_ = cut_after(path, last_step);
  }
  file_ = std::make_unique<base::AppendFile>(path);
  if (file_->size() > 0) return;
  std::string payload;
  protozero::pbf_writer event(payload);
  event.add_double(field(EventField::wall_time), now());
  event.add_string(field(EventField::file_version), "brain.Event:2");
  file_->append(framed(payload));
}

void EventFile::event(int64_t step, std::string_view summary) {
  std::string payload;
  protozero::pbf_writer event(payload);
  event.add_double(field(EventField::wall_time), now());
  event.add_int64(field(EventField::step), step);
  event.add_message(field(EventField::summary), summary.data(), summary.size());
  file_->append(framed(payload));
}

void EventFile::scalars(int64_t step, const NamedValues& values) {
  std::string summary;
  protozero::pbf_writer writer(summary);
  for (const auto& [tag, number] : values) {
    protozero::pbf_writer value(writer, kSummaryValue);
    value.add_string(field(ValueField::tag), tag);
    value.add_float(field(ValueField::simple_value), float(number));
  }
  event(step, summary);
}

void EventFile::image(int64_t step, const std::string& tag, int width, int height,
                      std::string_view encoded) {
  std::string summary;
  {
    protozero::pbf_writer writer(summary);
    protozero::pbf_writer value(writer, kSummaryValue);
    value.add_string(field(ValueField::tag), tag);
    protozero::pbf_writer image(value, field(ValueField::image));
    image.add_int32(field(ImageField::height), height);
    image.add_int32(field(ImageField::width), width);
    image.add_int32(field(ImageField::colorspace), kRgb);
    image.add_bytes(field(ImageField::encoded), encoded.data(), encoded.size());
  }
  event(step, summary);
}

}  // namespace logs
