#include "data/synthetic/shapes.h"
#include "tests/support/catch.h"

#include <cmath>
#include <numbers>
#include <set>

#include "engine/base/error.h"

using namespace data;

namespace {

// One large object alone in a large picture.
Scene alone(uint64_t index) {
  SceneOptions options{.width = 256, .height = 256, .classes = kShapeKinds, .max_objects = 1};
  options.min_size = options.max_size = 0.6;
  return draw_scene(options, index);
}

bool same(const Scene& a, const Scene& b) {
  if (a.image.rgb != b.image.rgb || a.objects.size() != b.objects.size()) return false;
  for (size_t i = 0; i < a.objects.size(); ++i)
    if (a.objects[i].x != b.objects[i].x || a.objects[i].category != b.objects[i].category)
      return false;
  return true;
}

}  // namespace

TEST_CASE("a scene is a function of the options and its number") {
  SceneOptions options;
  Scene first = draw_scene(options, 7);
  draw_scene(options, 8);
  CHECK(same(first, draw_scene(options, 7)));
  CHECK_FALSE(same(first, draw_scene(options, 8)));
  options.seed = 2;
  CHECK_FALSE(same(first, draw_scene(options, 7)));
}

TEST_CASE("scenes keep their options; boxes lie inside and are full") {
  SceneOptions options{
      .width = 200, .height = 120, .classes = 4, .min_objects = 2, .max_objects = 5};
  std::set<int> kinds;
  std::set<size_t> counts;
  for (uint64_t i = 0; i < 100; ++i) {
    Scene scene = draw_scene(options, i);
    REQUIRE(scene.image.width == 200);
    REQUIRE(scene.image.height == 120);
    REQUIRE(scene.image.rgb.size() == 200 * 120 * 3);
    counts.insert(scene.objects.size());
    for (const Object& o : scene.objects) {
      kinds.insert(o.category);
      CHECK((o.x >= 0 && o.y >= 0 && o.x + o.width <= 200 && o.y + o.height <= 120));
      CHECK(o.width <= 0.5 * 120 + 2);
      CHECK(std::max(o.width, o.height) >= 0.15 * 120 * 0.6);
      CHECK(o.area <= o.width * o.height);
      CHECK(o.area >= 0.2 * o.width * o.height);
      CHECK(o.x == std::floor(o.x));
    }
  }
  CHECK(kinds == std::set<int>{0, 1, 2, 3});
  CHECK(counts.count(2) == 1);
  CHECK(counts.count(5) == 1);
  CHECK(*counts.rbegin() == 5);
}

TEST_CASE("the areas of shapes are those of geometry") {
  const double pi = std::numbers::pi, r = 0.6 * 256 / 2;
  const double star = 5 * 0.45 * std::sin(pi / 5), arm = 0.28, reach = 0.95;
  const double expected[kShapeKinds] = {pi,
                                        1.4 * 1.4,
                                        3 * std::sqrt(3) / 4,
                                        star,
                                        4 * (2 * arm * reach - arm * arm),
                                        pi * (1 - 0.55 * 0.55)};
  std::set<int> seen;
  for (uint64_t i = 0; i < 60; ++i) {
    Scene scene = alone(i);
    REQUIRE(scene.objects.size() == 1);
    const Object& o = scene.objects[0];
    seen.insert(o.category);
    CAPTURE(shape_name(o.category));
    CHECK(o.area == Approx(expected[o.category] * r * r).epsilon(0.02));
    if (o.category == 0 || o.category == 5) {
      CHECK(o.width == Approx(2 * r).margin(1.5));
      CHECK(o.height == Approx(2 * r).margin(1.5));
    }
  }
  CHECK(seen.size() == size_t(kShapeKinds));
}

TEST_CASE("a box is tight: the shape's colour reaches all four sides and not beyond") {
  // The colour of a lone shape differs from the background at its centre by 110 levels in a
  // channel.
  int checked = 0;
  for (uint64_t i = 0; i < 30; ++i) {
    Scene scene = alone(i);
    const Object& o = scene.objects.at(0);
    if (o.category != 0) continue;
    auto channel = [&](double x, double y, int c) {
      return int(scene.image.rgb[(size_t(y) * 256 + size_t(x)) * 3 + size_t(c)]);
    };
    double middle = o.y + o.height / 2;
    int edge = 0;
    for (int c = 0; c < 3; ++c) {
      int inner = channel(o.x + 2, middle, c), outer = channel(std::max(0.0, o.x - 3), middle, c);
      edge = std::max(edge, std::abs(inner - outer));
    }
    if (o.x < 3) continue;
    CHECK(edge > 20);
    ++checked;
  }
  CHECK(checked >= 2);
}

TEST_CASE("options out of range are refused before anything is drawn") {
  for (auto change : std::initializer_list<void (*)(SceneOptions&)>{
           [](SceneOptions& o) { o.width = 31; }, [](SceneOptions& o) { o.height = 4097; },
           [](SceneOptions& o) { o.classes = 0; }, [](SceneOptions& o) { o.classes = 7; },
           [](SceneOptions& o) { o.min_objects = 5; }, [](SceneOptions& o) { o.max_objects = 101; },
           [](SceneOptions& o) { o.min_size = 0.01; }, [](SceneOptions& o) { o.max_size = 1; },
           [](SceneOptions& o) { o.min_size = std::nan(""); }}) {
    SceneOptions options;
    change(options);
    try {
      draw_scene(options, 0);
      FAIL_CHECK("accepted");
    } catch (const base::Error& error) {
      CHECK(error.code() == base::ExitCode::usage);
    }
  }
}
