#include "data/formats/yolo.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>

#include "data/formats/lines.h"
#include "data/formats/yolo_match.h"
#include "data/formats/yolo_yaml.h"
#include "data/image/exif.h"
#include "data/image/image_file.h"
#include "data/image/orientation.h"
#include "data/image_folder.h"
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

Object in_pixels(const YoloLine& label, const ImageEntry& image) {
  Object object;
  object.category = label.category;
  object.x = label.left * image.width;
  object.y = label.top * image.height;
  object.width = (label.right - label.left) * image.width;
  object.height = (label.bottom - label.top) * image.height;
  object.area = object.width * object.height;
  return object;
}

// Returns whether all lines could be used.
bool take_labels(Dataset& out, const ImageEntry& image, const std::string& path,
                 int keypoint_numbers, YoloCounts& counts, Problems* problems) {
  base::LoadedFile file(path, kLargestLabels);
  bool whole = true;
  for_lines(plain_text(file.bytes(), path), [&](std::string_view line, int number) {
    if (line.empty()) return;
    const std::string where = fmt::format("{}:{}", file.path(), number);
    whole &= take_or_report(problems, ProblemKind::bad_label_file, where, [&] {
      YoloLine label = parse_yolo_line(line, {out.categories.size(), keypoint_numbers}, where);
      Object object = in_pixels(label, image);
      object.id = static_cast<int64_t>(out.objects.size() + 1);
      count_line(counts, label);
      out.objects.push_back(object);
    });
  });
  return whole;
}

// Adds an image with its labels, if both can be read. An image all of whose labels are damaged is
// no background.
void take_image(Dataset& out, const YoloImage& source, int keypoint_numbers, ExifPolicy exif,
                YoloMatch& match, Problems* problems) {
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
    if (labelled)
      whole =
          take_labels(out, image, source.labels.string(), keypoint_numbers, match.lines, problems);
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

struct Range {
  double first, last;
};

// Cut to 0 to 1 if its centre or size would leave that. Returns whether more than rounding was cut.
bool cut(Range& range) {
  constexpr double kRounding = 1e-6;
  const double centre = (range.first + range.last) / 2, size = range.last - range.first;
  if (centre >= 0 && centre <= 1 && size <= 1) return false;
  range = {std::clamp(range.first, 0.0, 1.0), std::clamp(range.last, 0.0, 1.0)};
  return centre < -kRounding || centre > 1 + kRounding || size > 1 + kRounding;
}

// The line of an object; empty if it is left out.
std::string line_of(const Object& o, const ImageEntry& image, YoloWritten& written) {
  Range x{o.x / image.width, (o.x + o.width) / image.width};
  Range y{o.y / image.height, (o.y + o.height) / image.height};
  const bool was_cut = bool(cut(x) + cut(y));
  if (o.crowd || !(x.last > x.first) || !(y.last > y.first)) {
    ++written.left_out;
    written.outside += !o.crowd && o.width > 0 && o.height > 0;
    return "";
  }
  written.cut += was_cut;
  return fmt::format("{} {} {} {} {}\n", o.category, (x.first + x.last) / 2, (y.first + y.last) / 2,
                     x.last - x.first, y.last - y.first);
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
  out.box_form = BoxForm::centre_and_size;
  for (size_t i = 0; i < names.size(); ++i)
    out.categories.push_back({static_cast<int64_t>(i + 1), names[i]});
  YoloMatch match;
  for (const YoloImage& source : files.images)
    take_image(out, source, files.keypoint_numbers, exif, match, problems);
  if (match.labelled == 0 && !any_bad()) fail(ExitCode::data, without_labels(files));
  out.notes.push_back(match_in_words(files, match));
  if (const std::string corners = corners_in_words(match.lines); !corners.empty()) {
    if (problems)
      problems->add({ProblemKind::look_like_corners, "boxes", -1, false, corners});
    else
      out.notes.push_back("warning: " + files.image_folder + ": " + corners);
  }
  const bool asked = files.keypoint_numbers == kNoKeypoints;
  if (const std::string odd = keypoints_in_words(match.lines); !asked && !odd.empty())
    report(problems, ProblemKind::bad_label_file, files.image_folder, odd);
  else if (const std::string shapes = shapes_in_words(match.lines); !shapes.empty())
    out.notes.push_back(files.image_folder + ": " + shapes);
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
                  .other_pictures = found.others,
                  .hidden_images = found.hidden};
  for (const fs::path& relative : found.images)
    files.images.push_back(
        {relative, (fs::path(label_folder) / relative).replace_extension(".txt")});
  return load_yolo(files, names, exif, problems);
}

std::string yolo_file(const ImageEntry& image) {
  return fs::path(image.file_name).replace_extension(".txt").string();
}

std::string yolo_names(const Dataset& dataset) {
  std::string names;
  for (const Category& category : dataset.categories) names += category.name + "\n";
  return names;
}

YoloWritten write_yolo(const std::string& folder, const Dataset& dataset) {
  YoloWritten written;
  base::create_folders(folder);
  const fs::path names_file = fs::path(folder) / kYoloNamesFile;
  base::remove_files({names_file.string()});
  for (const ImageEntry& image : dataset.images) {
    std::string lines;
    for (const Object& o : dataset.objects_of(image)) lines += line_of(o, image, written);
    const fs::path path = base::safe_output(folder, yolo_file(image));
    base::create_folders(path.parent_path());
    base::write_file(path, lines, base::not_durable());
  }
  base::write_file(names_file, yolo_names(dataset));
  return written;
}

}  // namespace data
