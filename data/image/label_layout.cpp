#include "data/image/label_layout.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

namespace data {

namespace {

struct Range {  // both ends belong to it
  int first = 0, last = 0;
  bool has(int v) const { return first <= v && v <= last; }
  bool has(const Range& other) const { return first <= other.first && other.last <= last; }
  int nearest(int v) const { return std::clamp(v, first, last); }
};

// The upper left corners that a label of this size may have.
struct Search {
  Range lefts, tops;
  PixelSize label;
  bool none() const { return lefts.first > lefts.last || tops.first > tops.last; }
};

class Placement {
 public:
  explicit Placement(PixelSize picture) : picture_(picture) {}

  PlacedLabel place(const LabelRequest& request);

 private:
  std::optional<PixelArea> usual_place(const PixelArea& box, PixelSize label) const;
  std::optional<PixelArea> nearest_place(const PixelArea& box, PixelSize label, int reach);
  std::optional<int> nearest_left(const Search& search, int left, int top) const;
  bool hopeless(const Search& search) const;
  bool is_free(const PixelArea& label) const;

  PixelSize picture_;
  std::vector<PixelArea> taken_;
  std::vector<Search> failed_;
};

PlacedLabel Placement::place(const LabelRequest& request) {
  const PixelArea box = intersection(request.box, {0, 0, picture_.width, picture_.height});
  if (box.empty()) return {};
  for (size_t i = 0; i < request.sizes.size(); ++i) {
    const PixelSize size = request.sizes[i];
    if (size.width < 1 || size.height < 1) continue;
    std::optional<PixelArea> found = usual_place(box, size);
    if (!found) found = nearest_place(box, size, 0);
    if (!found && i + 1 == request.sizes.size()) found = nearest_place(box, size, 3 * size.height);
    if (!found) continue;
    taken_.push_back(*found);
    return {*found, i};
  }
  return {};
}

bool Placement::is_free(const PixelArea& label) const {
  if (label.left < 0 || label.top < 0 || label.right() > picture_.width ||
      label.bottom() > picture_.height)
    return false;
  return std::all_of(taken_.begin(), taken_.end(),
                     [&](const PixelArea& other) { return intersection(label, other).empty(); });
}

std::optional<PixelArea> Placement::usual_place(const PixelArea& box, PixelSize label) const {
  const auto [w, h] = label;
  const int left = std::max(0, std::min(box.left, picture_.width - w));
  const int other_left = std::max(0, box.right() - w);
  const int top = std::max(0, std::min(box.top, picture_.height - h));
  const bool large = box.width >= w && box.height >= 3 * h;  // a label inside hides little of it
  std::vector<PixelArea> places{{left, box.top - h, w, h}};
  if (large) places.push_back({box.left, box.top, w, h});
  places.insert(places.end(), {{left, box.bottom(), w, h},
                               {other_left, box.top - h, w, h},
                               {box.right(), top, w, h},
                               {box.left - w, top, w, h},
                               {other_left, box.bottom(), w, h}});
  if (large) places.push_back({box.left, box.bottom() - h, w, h});
  places.push_back({left, top, w, h});
  for (const PixelArea& place : places)
    if (is_free(place)) return place;
  return {};
}

// Finds the free place that is nearest to the one above the box, at most `reach` pixels away from
// the box. Only places whose sides touch the box, a border or other labels can be the nearest.
std::optional<PixelArea> Placement::nearest_place(const PixelArea& box, PixelSize label,
                                                  int reach) {
  const auto [w, h] = label;
  const Search search{
      {std::max(0, box.left - w - reach), std::min(picture_.width - w, box.right() + reach)},
      {std::max(0, box.top - h - reach), std::min(picture_.height - h, box.bottom() + reach)},
      label};
  if (search.none() || hopeless(search)) return {};
  const int best_left = search.lefts.nearest(box.left), best_top = search.tops.nearest(box.top - h);
  std::vector<int> tops{best_top, search.tops.first, search.tops.last};
  for (const PixelArea& other : taken_)
    for (int top : {other.bottom(), other.top - h})
      if (search.tops.has(top)) tops.push_back(top);
  std::stable_sort(tops.begin(), tops.end(),
                   [&](int a, int b) { return std::abs(a - best_top) < std::abs(b - best_top); });
  std::optional<PixelArea> nearest;
  int least = 0;
  for (int top : tops) {
    if (nearest && std::abs(top - best_top) >= least) break;
    const std::optional<int> left = nearest_left(search, best_left, top);
    if (!left) continue;
    const int distance = std::abs(*left - best_left) + std::abs(top - best_top);
    if (!nearest || distance < least) nearest = PixelArea{*left, top, w, h}, least = distance;
  }
  if (!nearest) failed_.push_back(search);
  return nearest;
}

// Finds the free place in one row that is nearest to `left`.
std::optional<int> Placement::nearest_left(const Search& search, int left, int top) const {
  const auto [w, h] = search.label;
  const Range& lefts = search.lefts;
  const PixelArea row{lefts.first, top, lefts.last - lefts.first + w, h};
  std::vector<Range> blocked;  // values of left
  std::vector<int> candidates{left};
  for (const PixelArea& other : taken_) {
    if (intersection(row, other).empty()) continue;
    blocked.push_back({other.left - w + 1, other.right() - 1});
    for (int edge : {other.left - w, other.right()})
      if (lefts.has(edge)) candidates.push_back(edge);
  }
  std::optional<int> nearest;
  for (int candidate : candidates) {
    if (nearest && std::abs(candidate - left) >= std::abs(*nearest - left)) continue;
    if (std::none_of(blocked.begin(), blocked.end(),
                     [&](const Range& r) { return r.has(candidate); }))
      nearest = candidate;
  }
  return nearest;
}

// Whether the search must fail, because one with at most this label in at least this area failed.
bool Placement::hopeless(const Search& search) const {
  return std::any_of(failed_.begin(), failed_.end(), [&](const Search& failed) {
    return failed.lefts.has(search.lefts) && failed.tops.has(search.tops) &&
           failed.label.width <= search.label.width && failed.label.height <= search.label.height;
  });
}

}  // namespace

PixelArea intersection(const PixelArea& a, const PixelArea& b) {
  const int left = std::max(a.left, b.left), top = std::max(a.top, b.top);
  return {left, top, std::min(a.right(), b.right()) - left, std::min(a.bottom(), b.bottom()) - top};
}

std::vector<PlacedLabel> place_labels(PixelSize picture, std::span<const LabelRequest> requests) {
  Placement placement(picture);
  std::vector<PlacedLabel> placed;
  for (const LabelRequest& request : requests) placed.push_back(placement.place(request));
  return placed;
}

}  // namespace data
