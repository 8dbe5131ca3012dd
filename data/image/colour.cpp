#include "data/image/colour.h"

#include <xxhash.h>

#include <algorithm>
#include <cmath>

namespace data {

namespace {

// Far from each other and from grey in CIELAB: no two are closer than 30.
constexpr Colour kColours[] = {{230, 60, 50},  {0, 250, 0},     {110, 0, 250},   {0, 210, 250},
                               {80, 100, 0},   {250, 150, 240}, {250, 220, 0},   {0, 250, 180},
                               {10, 90, 170},  {250, 180, 120}, {250, 10, 230},  {250, 0, 130},
                               {140, 210, 70}, {160, 50, 100},  {100, 100, 250}, {40, 150, 110},
                               {250, 130, 0},  {140, 80, 0},    {150, 40, 160},  {250, 140, 150}};
constexpr size_t kCount = std::size(kColours);

// Mixed with black or white for the second, third ... twenty classes.
struct Shade {
  double strength, white;
};
constexpr Shade kShades[] = {{1, 0}, {0.6, 0}, {0.5, 0.5}, {0.8, 0}, {0.75, 0.25}};

size_t preferred(const std::string& name) {
  return size_t(XXH3_64bits(name.data(), name.size()) % kCount);
}

Colour shaded(Colour c, const Shade& shade) {
  auto mix = [&](uint8_t v) {
    return uint8_t(std::lround(v * shade.strength + 255 * shade.white));
  };
  return {mix(c.red), mix(c.green), mix(c.blue)};
}

double luminance(Colour c) {
  auto linear = [](uint8_t v) {
    const double s = v / 255.0;
    return s <= 0.04045 ? s / 12.92 : std::pow((s + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(c.red) + 0.7152 * linear(c.green) + 0.0722 * linear(c.blue);
}

}  // namespace

// Each name takes the colour that its hash says, or the next one that is free. So two sets with
// some classes in common mostly agree about these, too.
ClassColours::ClassColours(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::vector<bool> taken;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i % kCount == 0) taken.assign(kCount, false);
    size_t colour = preferred(names[i]);
    while (taken[colour]) colour = (colour + 1) % kCount;
    taken[colour] = true;
    colours_[names[i]] = shaded(kColours[colour], kShades[i / kCount % std::size(kShades)]);
  }
}

Colour ClassColours::of(const std::string& name) const {
  auto found = colours_.find(name);
  return found == colours_.end() ? kColours[preferred(name)] : found->second;
}

double contrast(Colour a, Colour b) {
  const double first = luminance(a) + 0.05, second = luminance(b) + 0.05;
  return std::max(first, second) / std::min(first, second);
}

Colour readable_on(Colour background) {
  constexpr Colour black{0, 0, 0}, white{255, 255, 255};
  return contrast(background, black) > contrast(background, white) ? black : white;
}

}  // namespace data
