#include "tools/library/detector_c.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "tools/library/borders.h"
#include "tools/library/detector.h"

struct ssd320_detector {
  ssd::Detector detector;
  std::string device;
};

struct ssd320_boxes {
  std::vector<std::vector<ssd::Box>> pictures;
};

namespace {

thread_local std::string last_error;

void set_last_error(const char* text) noexcept {
  try {
    last_error = text;
  } catch (...) {
    last_error.clear();  // there is no memory for the text
  }
}

// Calls f, and turns what it throws into a number and last_error.
template <class F> int guarded(const F& f) noexcept { return ssd::code_of(f, set_last_error); }

void check(bool condition, const std::string& message) {
  if (!condition) throw ssd::Error(ssd::ErrorCode::usage, message);
}

constexpr size_t kOldestOptions = sizeof(ssd320_options), kOldestBox = sizeof(ssd320_box);

// The caller's struct as this version knows it: `value` holds the defaults of what the caller's
// version lacks. What a later version has added must be zero, since it is not understood here.
template <class T> T known_part(const T& given, T value, size_t oldest, const std::string& name) {
  check(given.size >= oldest, name + ".size is " + std::to_string(given.size) +
                                  ", expected at least " + std::to_string(oldest) +
                                  ": set it to sizeof(" + name + ")");
  const auto* bytes = reinterpret_cast<const unsigned char*>(&given);
  const bool understood =
      given.size <= sizeof(T) ||
      std::all_of(bytes + sizeof(T), bytes + given.size, [](unsigned char b) { return b == 0; });
  check(understood,
        name + " has a value that version " + ssd::version() + " of this library does not know");
  std::memcpy(&value, bytes, std::min(given.size, sizeof(T)));
  return value;
}

std::string text_of(const char* text, const std::string& name) {
  check(text, "ssd320_options." + name + " is null: call ssd320_default_options first");
  return text;
}

ssd320_options default_options() {
  const ssd::Options defaults;
  return {.size = sizeof(ssd320_options),
          .score_threshold = defaults.score_threshold,
          .iou_threshold = -1,
          .max_detections = defaults.max_detections,
          .batch = defaults.batch,
          .threads = defaults.threads,
          .reserved = 0,
          .memory_gib = defaults.memory_gib,
          .device = "auto",
          .precision = "",
          .plan_cache = "auto",
          .tell = nullptr,
          .tell_context = nullptr};
}

ssd::Options options_of(const ssd320_options& given) {
  const ssd320_options o = known_part(given, default_options(), kOldestOptions, "ssd320_options");
  check(o.reserved == 0, "ssd320_options.reserved is not 0: call ssd320_default_options first");
  ssd::Options options;
  options.score_threshold = o.score_threshold;
  if (!(o.iou_threshold < 0)) options.iou_threshold = o.iou_threshold;
  options.max_detections = o.max_detections;
  options.batch = o.batch;
  options.threads = o.threads;
  options.memory_gib = o.memory_gib;
  options.device = text_of(o.device, "device");
  options.precision = text_of(o.precision, "precision");
  options.plan_cache = text_of(o.plan_cache, "plan_cache");
  if (o.tell)
    options.tell = [tell = o.tell, context = o.tell_context](const std::string& line) {
      tell(context, line.c_str());
    };
  return options;
}

std::vector<ssd::Picture> pictures_of(const ssd320_picture* pictures, size_t count) {
  check(pictures || count == 0, "ssd320_detect: pictures is null");
  std::vector<ssd::Picture> all;
  for (size_t i = 0; i < count; ++i)
    all.push_back(
        {pictures[i].rgb, pictures[i].width, pictures[i].height, ptrdiff_t(pictures[i].row_bytes)});
  return all;
}

}  // namespace

extern "C" {

const char* ssd320_version(void) {
  const char* version = "";
  guarded([&] { version = ssd::version(); });
  return version;
}

const char* ssd320_last_error(void) { return last_error.c_str(); }

int ssd320_default_options(ssd320_options* options) {
  return guarded([&] {
    check(options, "ssd320_default_options: options is null");
    const size_t size = options->size;
    check(size >= kOldestOptions, "ssd320_options.size is not set: set it to its sizeof");
    std::memset(options, 0, size);
    const ssd320_options defaults = default_options();
    std::memcpy(options, &defaults, std::min(size, sizeof defaults));
    options->size = size;
  });
}

int ssd320_open(const char* checkpoint, const ssd320_options* options, ssd320_detector** detector) {
  return guarded([&] {
    check(detector, "ssd320_open: detector is null");
    *detector = nullptr;
    check(checkpoint, "ssd320_open: checkpoint is null");
    ssd::Detector opened(checkpoint, options ? options_of(*options) : ssd::Options{});
    std::string device = opened.device();
    *detector =
        std::make_unique<ssd320_detector>(ssd320_detector{std::move(opened), std::move(device)})
            .release();
  });
}

void ssd320_close(ssd320_detector* detector) { std::unique_ptr<ssd320_detector>{detector}; }

const char* ssd320_device(const ssd320_detector* detector) {
  return detector ? detector->device.c_str() : "";
}

size_t ssd320_class_count(const ssd320_detector* detector) {
  return detector ? detector->detector.classes().size() : 0;
}

int ssd320_get_class(const ssd320_detector* detector, size_t index, int64_t* id,
                     const char** name) {
  return guarded([&] {
    check(index < ssd320_class_count(detector),
          "ssd320_get_class: there is no class " + std::to_string(index));
    const ssd::Class& found = detector->detector.classes()[index];
    if (id) *id = found.id;
    if (name) *name = found.name.c_str();
  });
}

int ssd320_detect(const ssd320_detector* detector, const ssd320_picture* pictures, size_t count,
                  ssd320_boxes** boxes) {
  return guarded([&] {
    check(boxes, "ssd320_detect: boxes is null");
    *boxes = nullptr;
    check(detector, "ssd320_detect: detector is null");
    auto found = std::make_unique<ssd320_boxes>();
    found->pictures = detector->detector.detect(pictures_of(pictures, count));
    *boxes = found.release();
  });
}

size_t ssd320_box_count(const ssd320_boxes* boxes, size_t picture) {
  return boxes && picture < boxes->pictures.size() ? boxes->pictures[picture].size() : 0;
}

int ssd320_get_box(const ssd320_boxes* boxes, size_t picture, size_t index, ssd320_box* box) {
  return guarded([&] {
    check(box, "ssd320_get_box: box is null");
    check(box->size >= kOldestBox, "ssd320_box.size is not set: set it to its sizeof");
    check(index < ssd320_box_count(boxes, picture), "ssd320_get_box: picture " +
                                                        std::to_string(picture) + " has no box " +
                                                        std::to_string(index));
    const ssd::Box& found = boxes->pictures[picture][index];
    const size_t size = box->size;
    const ssd320_box known{size,         found.x,     found.y,        found.width,
                           found.height, found.score, found.class_id, found.class_name.c_str()};
    std::memset(box, 0, size);
    std::memcpy(box, &known, std::min(size, sizeof known));
  });
}

void ssd320_free_boxes(ssd320_boxes* boxes) { std::unique_ptr<ssd320_boxes>{boxes}; }

}  // extern "C"
