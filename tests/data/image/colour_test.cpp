#include "data/image/colour.h"

#include <array>
#include <cmath>
#include <set>
#include "tests/support/catch.h"

using namespace data;

namespace {

std::vector<std::string> numbered(int count) {
  std::vector<std::string> names;
  for (int i = 0; i < count; ++i) names.push_back("class " + std::to_string(i));
  return names;
}

// CIELAB of sRGB, white point D65.
std::array<double, 3> lab(Colour c) {
  const auto linear = [](uint8_t v) {
    const double s = v / 255.0;
    return s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4);
  };
  const double r = linear(c.red), g = linear(c.green), b = linear(c.blue);
  const auto f = [](double t) { return t > 0.008856 ? std::cbrt(t) : 7.787 * t + 16 / 116.0; };
  const double x = f((0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505);
  const double y = f(0.2126 * r + 0.7152 * g + 0.0722 * b);
  const double z = f((0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089);
  return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

double difference(Colour a, Colour b) {
  const auto p = lab(a), q = lab(b);
  return std::hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
}

}  // namespace

TEST_CASE("a class has the same colour in every order of the same classes") {
  std::vector<std::string> names = numbered(90), backwards(names.rbegin(), names.rend());
  const ClassColours one(names), other(backwards);
  for (const std::string& name : names) CHECK(one.of(name) == other.of(name));
  CHECK(ClassColours({"a", "a", "b"}).of("b") == ClassColours({"b", "a"}).of("b"));
  CHECK(ClassColours({}).of("cat") == ClassColours({"cat"}).of("cat"));
}

TEST_CASE("twenty classes are easy to tell apart, a hundred differ") {
  const ClassColours twenty(numbered(20));
  const Colour crowd{170, 170, 170};
  for (const std::string& a : numbered(20)) {
    CHECK(difference(twenty.of(a), crowd) > 30);
    for (const std::string& b : numbered(20))
      if (a != b) CHECK(difference(twenty.of(a), twenty.of(b)) > 30);
  }
  const ClassColours hundred(numbered(100));
  std::set<int> seen;
  for (const std::string& name : numbered(100)) {
    const Colour c = hundred.of(name);
    seen.insert(c.red << 16 | c.green << 8 | c.blue);
    CHECK(contrast(c, readable_on(c)) >= 4.5);
  }
  CHECK(seen.size() == 100);
}

TEST_CASE("contrast is WCAG's") {
  CHECK(contrast({0, 0, 0}, {255, 255, 255}) == Approx(21));
  CHECK(contrast({119, 119, 119}, {255, 255, 255}) == Approx(4.48).margin(0.01));
  CHECK(contrast({9, 9, 9}, {9, 9, 9}) == 1);
}
