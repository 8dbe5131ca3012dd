#include "data/formats/yolo.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <string_view>
#include <utility>

#include "data/formats/image_folder.h"
#include "data/formats/lines.h"
#include "data/formats/yolo_match.h"
#include "data/image/exif.h"
#include "data/image/image_file.h"
#include "data/image/orientation.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/loaded_file.h"
#include "engine/base/text.h"
#include "engine/base/write_file.h"

namespace data {
namespace {

namespace fs = std::filesystem;
using base::ExitCode, base::fail;
constexpr uint64_t kLargestLabels = uint64_t{16} << 20;

constexpr size_t kShownLetters = 40;

std::string_view first_word(std::string_view text) {
  return text.substr(0, text.find_first_of(" \t"));
}

std::vector<double> parse_numbers(std::string_view line, const std::string& where) {
  std::vector<double> numbers;
  const char *at = line.data(), *end = at + line.size();
  while (true) {
    while (at != end && (*at == ' ' || *at == '\t')) ++at;
    if (at == end) return numbers;
    double value = 0;
    auto [rest, error] = std::from_chars(at, end, value);
    if (error != std::errc() || !std::isfinite(value) ||
        (rest != end && *rest != ' ' && *rest != '\t'))
      fail(ExitCode::data, where, ": \"", base::printable(first_word({at, end}), kShownLetters),
           "\" is no number; a line is \"class x_center y_center width height\"");
    numbers.push_back(value);
    at = rest;
  }
}

// Boxes that reach a little past the border are accepted; the run decides what to do with them.
void check_range(const std::vector<double>& numbers, const std::string& where) {
  constexpr double kPast = 0.1;
  for (size_t i = 1; i < numbers.size(); ++i)
    if (numbers[i] < -kPast || numbers[i] > 1 + kPast)
      fail(ExitCode::data, where, ": ", numbers[i],
           ", expected 0 to 1: YOLO's numbers are divided by the image's sides; are these pixels?");
  if (numbers.size() == 5 && (numbers[3] < 0 || numbers[4] < 0))
    fail(ExitCode::data, where, ": a box of negative width or height");
}

Object parse_object(std::string_view line, const ImageEntry& image, size_t classes,
                    const std::string& where) {
  std::vector<double> n = parse_numbers(line, where);
  if (n.size() != 5 && (n.size() < 7 || n.size() % 2 == 0))
    fail(ExitCode::data, where, ": ", base::counted(int64_t(n.size()), "number"),
         ", expected 5, or a class and 3 or more points",
         n.size() == 6 ? "; if the last is a score, these are detections and not labels" : "");
  if (n[0] < 0 || n[0] >= static_cast<double>(classes) || n[0] != std::floor(n[0]))
    fail(ExitCode::data, where, ": class ", n[0], ", expected 0 to ", classes - 1,
         ": the data set has ", base::counted(int64_t(classes), "name"),
         ", and YOLO counts from 0");
  check_range(n, where);
  double left = n[1] - n[3] / 2, top = n[2] - n[4] / 2, right = n[1] + n[3] / 2,
         bottom = n[2] + n[4] / 2;
  if (n.size() > 5) {
    left = right = n[1], top = bottom = n[2];
    for (size_t i = 3; i < n.size(); i += 2) {
      left = std::min(left, n[i]), right = std::max(right, n[i]);
      top = std::min(top, n[i + 1]), bottom = std::max(bottom, n[i + 1]);
    }
  }
  Object object;
  object.category = static_cast<int32_t>(n[0]);
  object.x = left * image.width;
  object.y = top * image.height;
  object.width = (right - left) * image.width;
  object.height = (bottom - top) * image.height;
  object.area = object.width * object.height;
  return object;
}

ImageEntry read_entry(const std::string& folder, const fs::path& relative, ExifPolicy exif) {
  ImageEntry image;
  image.file_name = relative.generic_string();
  constexpr uint64_t kLargestImage = uint64_t{64} << 20;
  std::string path = (fs::path(folder) / relative).string();
  base::LoadedFile file(path, kLargestImage);
  auto bytes = reinterpret_cast<const uint8_t*>(file.bytes().data());
  const std::span encoded{bytes, file.bytes().size()};
  ImageHeader header = read_image_header(encoded, path);
  if (exif == ExifPolicy::upright && swaps_sides(exif_orientation(encoded)))
    std::swap(header.width, header.height);
  image.width = header.width;
  image.height = header.height;
  return image;
}

// Returns whether all lines could be used.
bool take_labels(Dataset& out, const ImageEntry& image, const std::string& path, YoloMatch& match,
                 Problems* problems) {
  base::LoadedFile file(path, kLargestLabels);
  bool whole = true;
  for_lines(plain_text(file.bytes(), path), [&](std::string_view line, int number) {
    if (line.empty()) return;
    const std::string where = fmt::format("{}:{}", file.path(), number);
    whole &= take_or_report(problems, ProblemKind::bad_label_file, where, [&] {
      Object object = parse_object(line, image, out.categories.size(), where);
      object.id = static_cast<int64_t>(out.objects.size() + 1);
      count_box(match, image, object);
      out.objects.push_back(object);
    });
  });
  return whole;
}

// Adds an image with its labels, if both can be read. An image all of whose labels are damaged is
// no background.
void take_image(Dataset& out, const YoloImage& source, ExifPolicy exif, YoloMatch& match,
                Problems* problems) {
  ImageEntry image;
  const std::string path = (fs::path(out.image_folder) / source.relative).string();
  if (!take_or_report(problems, ProblemKind::unreadable_image, path,
                      [&] { image = read_entry(out.image_folder, source.relative, exif); })) {
    ++match.unreadable;
    return;
  }
  image.id = static_cast<int64_t>(out.images.size() + 1);
  image.first_object = static_cast<uint32_t>(out.objects.size());
  bool labelled = false, whole = true;
  whole &= take_or_report(problems, ProblemKind::bad_label_file, source.labels.string(), [&] {
    labelled = has_labels(source.labels);
    if (labelled) whole = take_labels(out, image, source.labels.string(), match, problems);
  });
  image.object_count = static_cast<uint32_t>(out.objects.size()) - image.first_object;
  const bool without_boxes = image.object_count == 0;
  match.labelled += labelled || !whole;
  match.damaged += !whole;
  match.left_out += !whole && without_boxes;
  match.empty += labelled && whole && without_boxes;
  if (!whole && without_boxes) return;
  out.images.push_back(std::move(image));
}

}  // namespace

Dataset load_yolo(const YoloFiles& files, const std::vector<std::string>& names, ExifPolicy exif,
                  Problems* problems) {
  const auto any_bad = [&] { return problems && problems->count(Severity::error) > 0; };
  if (files.images.empty() && !any_bad()) fail(ExitCode::data, without_images(files));
  Dataset out;
  out.image_folder = files.image_folder;
  out.layout_folders = files.layout_folders;
  out.frame_known = true;
  for (size_t i = 0; i < names.size(); ++i)
    out.categories.push_back({static_cast<int64_t>(i + 1), names[i]});
  YoloMatch match;
  for (const YoloImage& source : files.images) take_image(out, source, exif, match, problems);
  if (match.labelled == 0 && !any_bad()) fail(ExitCode::data, without_labels(files));
  out.notes.push_back(match_in_words(files, match));
  if (std::string corners = corners_in_words(match); !corners.empty())
    out.notes.push_back(files.image_folder + ": " + corners);
  return out;
}

Dataset load_yolo(const std::string& label_folder, const std::string& image_folder,
                  const std::vector<std::string>& names, ExifPolicy exif, Problems* problems) {
  if (!fs::is_directory(label_folder)) fail(ExitCode::data, label_folder, ": not a folder");
  const ImageFolder found = list_images(image_folder, true);
  YoloFiles files{.image_folder = image_folder,
                  .images = {},
                  .layout_folders = {},
                  .label_folders = {label_folder},
                  .other_pictures = found.others};
  for (const fs::path& relative : found.images)
    files.images.push_back(
        {relative, (fs::path(label_folder) / relative).replace_extension(".txt")});
  return load_yolo(files, names, exif, problems);
}

std::string yolo_file(const ImageEntry& image) {
  return fs::path(image.file_name).replace_extension(".txt").string();
}

int64_t write_yolo(const std::string& folder, const Dataset& dataset) {
  int64_t left_out = 0;
  base::create_folders(folder);
  const fs::path names_file = fs::path(folder) / kYoloNamesFile;
  base::remove_files({names_file.string()});
  std::string names;
  for (const Category& category : dataset.categories) names += category.name + "\n";
  for (const ImageEntry& image : dataset.images) {
    std::string lines;
    for (const Object& o : dataset.objects_of(image)) {
      const bool written = !o.crowd && o.width > 0 && o.height > 0;
      left_out += !written;
      if (written)
        lines += fmt::format("{} {} {} {} {}\n", o.category, (o.x + o.width / 2) / image.width,
                             (o.y + o.height / 2) / image.height, o.width / image.width,
                             o.height / image.height);
    }
    const fs::path path = base::safe_output(folder, yolo_file(image));
    base::create_folders(path.parent_path());
    base::write_file(path, lines, base::not_durable());
  }
  base::write_file(names_file, names);
  return left_out;
}

}  // namespace data
