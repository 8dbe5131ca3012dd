#include "data/image/label_layout.h"

#include <random>
#include "tests/support/catch.h"

using namespace data;

namespace {

constexpr PixelSize kPicture{640, 480};

bool inside(const PixelArea& a, PixelSize picture) {
  return a.left >= 0 && a.top >= 0 && a.right() <= picture.width && a.bottom() <= picture.height;
}

std::vector<LabelRequest> random_requests(std::mt19937& random, int count, int largest_box) {
  const auto below = [&](int n) { return int(random() % unsigned(n)); };
  std::vector<LabelRequest> requests;
  for (int i = 0; i < count; ++i) {
    const int w = 20 + below(80);
    requests.push_back(
        {{below(700) - 30, below(540) - 30, 1 + below(largest_box), 1 + below(largest_box)},
         {{w, 18}, {w * 4 / 5, 14}, {w * 2 / 3, 12}}});
  }
  return requests;
}

PixelArea place_one(PixelArea box, PixelSize label) {
  const std::vector<LabelRequest> requests{{box, {label}}};
  return place_labels(kPicture, requests)[0].area;
}

}  // namespace

TEST_CASE("labels never overlap and never leave the picture") {
  std::mt19937 random(1);
  for (int trial = 0; trial < 200; ++trial) {
    const auto requests =
        random_requests(random, 1 + int(random() % 150), 10 + int(random() % 600));
    const auto placed = place_labels(kPicture, requests);
    REQUIRE(placed.size() == requests.size());
    for (size_t i = 0; i < placed.size(); ++i) {
      const PixelArea& a = placed[i].area;
      if (a.empty()) continue;
      CHECK(inside(a, kPicture));
      CHECK(a.width == requests[i].sizes[placed[i].size].width);
      CHECK(a.height == requests[i].sizes[placed[i].size].height);
      const PixelArea& b = requests[i].box;  // at most three heights away from it
      CHECK_FALSE(intersection({b.left - 37, b.top - 37, b.width + 74, b.height + 74}, a).empty());
      for (size_t j = 0; j < i; ++j) CHECK(intersection(a, placed[j].area).empty());
    }
  }
}

TEST_CASE("each box inside the picture has a label as long as there is room") {
  std::mt19937 random(2);
  for (int trial = 0; trial < 200; ++trial) {
    const auto requests = random_requests(random, 20, 200);  // about 7 % of the picture
    const auto placed = place_labels(kPicture, requests);
    for (size_t i = 0; i < placed.size(); ++i) {
      const bool visible = !intersection(requests[i].box, {0, 0, 640, 480}).empty();
      CHECK(placed[i].area.empty() == !visible);
    }
  }
}

TEST_CASE("a label lies above its box, or where there is room") {
  const auto equal = [](const PixelArea& a, const PixelArea& b) {
    return a.left == b.left && a.top == b.top && a.width == b.width && a.height == b.height;
  };
  const PixelSize label{50, 10};
  CHECK(equal(place_one({100, 100, 80, 80}, label), {100, 90, 50, 10}));   // above
  CHECK(equal(place_one({100, 0, 80, 80}, label), {100, 0, 50, 10}));      // inside a large box
  CHECK(equal(place_one({100, 5, 20, 20}, label), {100, 25, 50, 10}));     // below a small one
  CHECK(equal(place_one({630, 100, 10, 20}, label), {590, 90, 50, 10}));   // not across the border
  CHECK(equal(place_one({-50, -50, 1000, 1000}, label), {0, 0, 50, 10}));  // in the visible part
  CHECK(place_one({100, 100, 80, 80}, {700, 10}).empty());
  CHECK(place_one({700, 100, 80, 80}, label).empty());
}

TEST_CASE("earlier labels choose first; later ones move, and shrink where that is not enough") {
  const std::vector<LabelRequest> same(3, {{100, 100, 20, 20}, {{50, 10}, {40, 8}}});
  const auto placed = place_labels(kPicture, same);
  CHECK(placed[0].area.top == 90);
  for (const PlacedLabel& p : placed) CHECK(p.size == 0);
  const std::vector<LabelRequest> tight(2, {{0, 0, 100, 15}, {{60, 15}, {40, 12}}});
  const auto in_strip = place_labels({100, 15}, tight);
  CHECK(in_strip[0].size == 0);
  CHECK(in_strip[1].size == 1);
  CHECK(in_strip[1].area.left == 60);
  CHECK(place_labels({100, 15}, std::vector<LabelRequest>(3, tight[0]))[2].area.empty());
}

TEST_CASE("thousands of boxes are placed in a moment, always alike") {
  std::mt19937 random(3);
  const auto requests = random_requests(random, 10000, 640);
  const auto first = place_labels(kPicture, requests), second = place_labels(kPicture, requests);
  size_t shown = 0;
  for (size_t i = 0; i < first.size(); ++i) {
    CHECK(first[i].area.left == second[i].area.left);
    CHECK(first[i].area.top == second[i].area.top);
    shown += !first[i].area.empty();
  }
  CHECK(shown > 100);
}
