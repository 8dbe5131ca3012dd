#include "tests/support/random_coco.h"

#include <tuple>
#include <utility>

namespace tests {
namespace {

using data::Detection;
using data::Object;

class Draw {  // splitmix64
 public:
  explicit Draw(uint64_t seed) : state_(seed) {}
  uint64_t below(uint64_t n) {
    uint64_t z = state_ += 0x9E3779B97F4A7C15;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return (z ^ (z >> 31)) % n;
  }
  double number(uint64_t n) { return static_cast<double>(below(n)); }

 private:
  uint64_t state_;
};

std::pair<double, double> random_size(Draw& draw) {
  uint64_t kind = draw.below(4);
  if (kind == 0) return draw.below(2) == 0 ? std::pair{32.0, 32.0} : std::pair{96.0, 96.0};
  constexpr uint64_t kLeast[] = {100, 2000, 9000}, kMost[] = {4000, 11000, 40000};
  uint64_t least = kLeast[kind - 1], range = kMost[kind - 1] - least;
  double width = static_cast<double>(least + draw.below(range)) / 100.0;
  double height = static_cast<double>(least + draw.below(range)) / 100.0;
  return {width, height};
}

Object random_object(Draw& draw, uint64_t categories) {
  Object o;
  std::tie(o.width, o.height) = random_size(draw);
  o.x = draw.number(40000) / 100.0;
  o.y = draw.number(40000) / 100.0;
  o.category = static_cast<int32_t>(draw.below(categories));
  o.crowd = draw.below(10) == 0;
  o.area = o.width * o.height;
  if (draw.below(4) != 0) o.area = o.area * ((30 + draw.number(70)) / 100.0);
  return o;
}

Detection jittered(Draw& draw, const Object& o) {
  Detection d{.x = o.x, .y = o.y, .width = o.width, .height = o.height};
  if (draw.below(4) == 0) return d;
  double scale = (1 + draw.number(20)) / 10000.0;
  d.x = o.x + (draw.number(201) - 100.0) * scale * o.width;
  d.y = o.y + (draw.number(201) - 100.0) * scale * o.height;
  d.width = o.width * (0.8 + draw.number(41) / 100.0);
  d.height = o.height * (0.8 + draw.number(41) / 100.0);
  return d;
}

class Maker {
 public:
  explicit Maker(uint64_t number) : draw_(number) {
    uint64_t images = 1 + draw_.below(8);
    categories_ = 1 + draw_.below(6);
    style_ = draw_.below(8);
    coarse_ = draw_.below(2) == 0;
    out_.reference_area = number % 7 == 3;
    next_id_ = number % 5 != 0;
    for (uint64_t k = 0; k < categories_; ++k)
      out_.truth.categories.push_back({static_cast<int64_t>((k * 5 + 2) % 7 + 1), "class"});
    for (uint64_t i = 0; i < images; ++i) add_image(i);
  }
  RandomCoco take() { return std::move(out_); }

 private:
  void add_image(uint64_t i) {
    data::ImageEntry image{.id = static_cast<int64_t>((i * 7 + 3) % 11 + 1)};
    image.first_object = static_cast<uint32_t>(out_.truth.objects.size());
    image.object_count = static_cast<uint32_t>(style_ == 0 ? 0 : draw_.below(12));
    for (uint32_t n = 0; n < image.object_count; ++n) {
      bool twin = draw_.below(8) == 0 && n > 0;
      Object object = twin ? out_.truth.objects.back() : random_object(draw_, categories_);
      object.id = next_id_++;
      out_.truth.objects.push_back(object);
    }
    out_.truth.images.push_back(image);
    if (style_ != 1) add_detections(image, style_ == 2 && i == 0);
  }

  void add_detections(const data::ImageEntry& image, bool crowded) {
    for (const Object& object : out_.truth.objects_of(image))
      for (uint64_t n = draw_.below(4); n > 0; --n) {
        int32_t category = object.category;
        if (draw_.below(5) == 0) category = static_cast<int32_t>(draw_.below(categories_));
        add(image, category, jittered(draw_, object));
      }
    uint64_t stray = draw_.below(6);
    if (crowded) stray += 110 + draw_.below(60);
    for (; stray > 0; --stray) {
      Detection d;
      std::tie(d.width, d.height) = random_size(draw_);
      d.x = draw_.number(40000) / 100.0;
      d.y = draw_.number(40000) / 100.0;
      add(image, crowded ? 0 : static_cast<int32_t>(draw_.below(categories_)), d);
    }
  }

  void add(const data::ImageEntry& image, int32_t category, Detection detection) {
    detection.image_id = image.id;
    detection.category = category;
    detection.score = coarse_ ? draw_.number(11) / 10.0 : draw_.number(100000) / 100000.0;
    out_.detections.push_back(detection);
  }

  Draw draw_;
  RandomCoco out_;
  uint64_t categories_ = 0, style_ = 0;
  bool coarse_ = false;
  int64_t next_id_ = 0;
};

}  // namespace

RandomCoco random_coco(uint64_t number) { return Maker(number).take(); }

}  // namespace tests
