#include "tools/logs/event_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <protozero/pbf_writer.hpp>

#include "engine/base/append_file.h"
#include "engine/base/record_crc.h"
#include "tools/logs/earlier_events.h"

namespace logs {
namespace {

// Field numbers of tensorflow/core/util/event.proto and framework/summary.proto.
enum class EventField : uint32_t {
  wall_time = 1,
  step = kStepOfEvent,
  file_version = 3,
  summary = 5
};
enum class ValueField : uint32_t { tag = 1, simple_value = 2, image = 4 };
enum class ImageField : uint32_t { height = 1, width = 2, colorspace = 3, encoded = 4 };
constexpr uint32_t kSummaryValue = 1;
constexpr int kRgb = 3;

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

std::string new_name(const std::string& folder) {
  constexpr size_t kLongestName = 256;
  char host[kLongestName] = "host";
  gethostname(host, sizeof host - 1);
  return fmt::format("{}/{}{:010}.{}.{}", folder, kEventFilePrefix, int64_t(now()), host, getpid());
}

}  // namespace

EventFile::EventFile(const std::string& folder, int64_t last_step) {
  std::string path = last_step > 0 ? newest_events(folder) : "";
  if (path.empty()) {
    path = new_name(folder);
  } else {
    damage_ = cut_events_after(path, last_step);
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
