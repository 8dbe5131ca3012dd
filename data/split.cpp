#include "data/split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <utility>

#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/random.h"

namespace data {
namespace {

using base::ExitCode, base::fail;

enum Part : size_t { kTraining, kValidation, kParts };

// Images that stay together.
struct Unit {
  std::vector<size_t> images;
  std::map<int32_t, int64_t> classes;  // images that have the class
};

// The key that images have in common if they stay together. An image without a name has a key of
// its own.
std::string key_of(const ImageEntry& image, size_t index, bool by_folder) {
  if (by_folder) {
    const size_t slash = image.file_name.find_last_of("/\\");
    return slash == std::string::npos ? "" : image.file_name.substr(0, slash);
  }
  return image.file_name.empty() ? std::string(1, '\0') + std::to_string(index) : image.file_name;
}

std::vector<Unit> units_of(const Dataset& dataset, bool by_folder) {
  std::map<std::string, size_t> unit_of;
  std::vector<Unit> units;
  for (size_t i = 0; i < dataset.images.size(); ++i) {
    const auto [unit, is_new] =
        unit_of.try_emplace(key_of(dataset.images[i], i, by_folder), units.size());
    if (is_new) units.emplace_back();
    Unit& u = units[unit->second];
    u.images.push_back(i);
    std::map<int32_t, int64_t> here;
    for (const Object& object : dataset.objects_of(dataset.images[i])) here[object.category] = 1;
    for (const auto& [category, one] : here) u.classes[category] += one;
  }
  return units;
}

// Puts the units into a random order, with larger units first, because these are the hardest to
// place.
void shuffle(std::vector<Unit>& units, base::RandomSequence& random) {
  for (size_t i = units.size(); i > 1; --i)
    std::swap(units[i - 1], units[size_t(random.below(int64_t(i)))]);
  std::stable_sort(units.begin(), units.end(),
                   [](const Unit& a, const Unit& b) { return a.images.size() > b.images.size(); });
}

int64_t validation_images(int64_t images, const SplitOptions& options) {
  if (images < 2)
    fail(ExitCode::data, "the data set has ", base::counted(images, "image"),
         ", expected at least 2 to split");
  if (options.count != 0) {
    if (options.count < 1 || options.count >= images)
      fail(ExitCode::usage, "a validation part of ", base::counted(options.count, "image"),
           ", expected 1 to ", images - 1, ", as the data set has ", images);
    return options.count;
  }
  if (!(options.fraction > 0 && options.fraction < 1))
    fail(ExitCode::usage, "a validation part of ", options.fraction,
         " of the images, expected more than 0 and less than 1");
  return std::clamp(int64_t(std::llround(options.fraction * double(images))), int64_t{1},
                    images - 1);
}

class Stratifier {
 public:
  Stratifier(const Dataset& dataset, const SplitOptions& options)
      : random_(options.seed, 0), units_(units_of(dataset, options.by_folder)) {
    const auto images = int64_t(dataset.images.size());
    const int64_t validation = validation_images(images, options);
    if (units_.size() < 2)
      fail(ExitCode::data, "all images are in one ", options.by_folder ? "folder" : "file",
           ", expected at least two to split");
    shuffle(units_, random_);
    room_[kValidation] = validation;
    room_[kTraining] = images - validation;
    part_of_.assign(units_.size(), kParts);
    want_classes(dataset.categories.size(), double(validation) / double(images));
  }

  Split run(const Dataset& dataset) {
    for (int32_t rarest = rarest_class(); rarest >= 0; rarest = rarest_class())
      for (const size_t unit : units_with_[size_t(rarest)])
        if (part_of_[unit] == kParts) give(unit, part_for(unit, rarest));
    for (size_t unit = 0; unit < units_.size(); ++unit)  // those without a class are left
      if (part_of_[unit] == kParts) give(unit, part_for(unit, -1));
    fill_empty_part();
    return result(dataset);
  }

 private:
  void want_classes(size_t categories, double fraction);
  int32_t rarest_class() const;
  Part part_for(size_t unit, int32_t category);
  void give(size_t unit, Part part);
  void fill_empty_part();
  Split result(const Dataset& dataset) const;

  base::RandomSequence random_;
  std::vector<Unit> units_;
  std::vector<Part> part_of_;                    // [units]; kParts if not yet decided
  int64_t room_[kParts] = {};                    // images that a part still takes
  std::vector<double> wanted_[kParts];           // [categories] images with the class
  std::vector<int64_t> left_;                    // [categories] images, not yet in a part
  std::vector<std::vector<size_t>> units_with_;  // [categories]
};

void Stratifier::want_classes(size_t categories, double fraction) {
  left_.assign(categories, 0);
  units_with_.resize(categories);
  for (size_t unit = 0; unit < units_.size(); ++unit)
    for (const auto& [category, images] : units_[unit].classes) {
      left_[size_t(category)] += images;
      units_with_[size_t(category)].push_back(unit);
    }
  for (const int64_t images : left_) {
    double validation = fraction * double(images);
    if (images >= 2) validation = std::clamp(validation, 1.0, double(images - 1));
    wanted_[kValidation].push_back(validation);
    wanted_[kTraining].push_back(double(images) - validation);
  }
}

// The rarest of the classes that still have images, or -1 if none has.
int32_t Stratifier::rarest_class() const {
  int32_t rarest = -1;
  for (size_t c = 0; c < left_.size(); ++c)
    if (left_[c] > 0 && (rarest < 0 || left_[c] < left_[size_t(rarest)])) rarest = int32_t(c);
  return rarest;
}

Part Stratifier::part_for(size_t unit, int32_t category) {
  const auto images = int64_t(units_[unit].images.size());
  const bool fits[kParts] = {images <= room_[kTraining], images <= room_[kValidation]};
  if (fits[kTraining] != fits[kValidation]) return fits[kTraining] ? kTraining : kValidation;
  if (category >= 0) {
    const double difference =
        wanted_[kTraining][size_t(category)] - wanted_[kValidation][size_t(category)];
    if (difference != 0) return difference > 0 ? kTraining : kValidation;
  }
  if (room_[kTraining] != room_[kValidation])
    return room_[kTraining] > room_[kValidation] ? kTraining : kValidation;
  return random_.below(2) == 0 ? kTraining : kValidation;
}

void Stratifier::give(size_t unit, Part part) {
  part_of_[unit] = part;
  room_[part] -= int64_t(units_[unit].images.size());
  for (const auto& [category, images] : units_[unit].classes) {
    wanted_[part][size_t(category)] -= double(images);
    left_[size_t(category)] -= images;
  }
}

// If folders are large, one part can end up without any. It then gets the smallest.
void Stratifier::fill_empty_part() {
  for (const Part part : {kTraining, kValidation})
    if (std::find(part_of_.begin(), part_of_.end(), part) == part_of_.end()) part_of_.back() = part;
}

Split Stratifier::result(const Dataset& dataset) const {
  Split split;
  split.in_validation.assign(dataset.images.size(), false);
  split.classes.resize(dataset.categories.size());
  for (size_t unit = 0; unit < units_.size(); ++unit) {
    const bool validation = part_of_[unit] == kValidation;
    for (const size_t image : units_[unit].images) split.in_validation[image] = validation;
    (validation ? split.validation : split.training) += int64_t(units_[unit].images.size());
    for (const auto& [category, images] : units_[unit].classes) {
      ClassShare& share = split.classes[size_t(category)];
      (validation ? share.validation : share.training) += images;
    }
  }
  return split;
}

}  // namespace

Split split_images(const Dataset& dataset, const SplitOptions& options) {
  return Stratifier(dataset, options).run(dataset);
}

}  // namespace data
