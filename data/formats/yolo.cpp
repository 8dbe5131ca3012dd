#include "data/formats/yolo.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <string_view>
#include <utility>

#include "data/formats/lines.h"
#include "data/image/image_file.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/mapped_file.h"

namespace data {
namespace {

namespace fs = std::filesystem;
using base::ExitCode, base::fail;
constexpr uint64_t kLargestLabels = uint64_t{16} << 20;

bool is_image(const fs::path& path) {
  std::string end = path.extension().string();
  std::transform(end.begin(), end.end(), end.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  return end == ".jpg" || end == ".jpeg" || end == ".png";
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
      fail(ExitCode::data, where, ": expected \"class x_center y_center width height\"");
    numbers.push_back(value);
    at = rest;
  }
}

Object parse_object(std::string_view line, const ImageEntry& image, size_t classes,
                    const std::string& where) {
  std::vector<double> n = parse_numbers(line, where);
  if (n.size() != 5 && (n.size() < 7 || n.size() % 2 == 0))
    fail(ExitCode::data, where, ": ", n.size(),
         " numbers, expected 5, or a class and 3 or more points");
  if (n[0] < 0 || n[0] >= static_cast<double>(classes) || n[0] != std::floor(n[0]))
    fail(ExitCode::data, where, ": class ", n[0], ", expected 0 to ", classes - 1);
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

ImageEntry read_entry(const std::string& folder, const fs::path& relative) {
  ImageEntry image;
  image.file_name = relative.generic_string();
  constexpr uint64_t kLargestImage = uint64_t{64} << 20;
  std::string path = (fs::path(folder) / relative).string();
  base::MappedFile file(path, kLargestImage);
  auto bytes = reinterpret_cast<const uint8_t*>(file.bytes().data());
  ImageHeader header = read_image_header({bytes, file.bytes().size()}, path);
  image.width = header.width;
  image.height = header.height;
  return image;
}

void take_labels(Dataset& out, const ImageEntry& image, const std::string& path) {
  base::MappedFile file(path, kLargestLabels);
  for_lines(file.bytes(), [&](std::string_view line, int number) {
    if (line.empty()) return;
    Object object =
        parse_object(line, image, out.categories.size(), fmt::format("{}:{}", file.path(), number));
    object.id = static_cast<int64_t>(out.objects.size() + 1);
    out.objects.push_back(object);
  });
}

}  // namespace

std::vector<fs::path> images_below(const std::string& folder) {
  if (!fs::is_directory(folder)) fail(ExitCode::data, folder, ": not a folder");
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && is_image(entry.path()))
      paths.push_back(entry.path().lexically_relative(folder));
  if (paths.empty()) fail(ExitCode::data, folder, ": no .jpg, .jpeg, or .png files");
  std::sort(paths.begin(), paths.end());
  return paths;
}

Dataset load_yolo(const std::string& image_folder, const std::vector<YoloImage>& images,
                  const std::vector<std::string>& names) {
  Dataset out;
  out.image_folder = image_folder;
  for (size_t i = 0; i < names.size(); ++i)
    out.categories.push_back({static_cast<int64_t>(i + 1), names[i]});
  for (const YoloImage& source : images) {
    ImageEntry image = read_entry(image_folder, source.relative);
    image.id = static_cast<int64_t>(out.images.size() + 1);
    image.first_object = static_cast<uint32_t>(out.objects.size());
    if (fs::exists(source.labels)) take_labels(out, image, source.labels.string());
    image.object_count = static_cast<uint32_t>(out.objects.size()) - image.first_object;
    out.images.push_back(std::move(image));
  }
  return out;
}

Dataset load_yolo(const std::string& label_folder, const std::string& image_folder,
                  const std::vector<std::string>& names) {
  if (!fs::is_directory(label_folder)) fail(ExitCode::data, label_folder, ": not a folder");
  std::vector<YoloImage> images;
  for (const fs::path& relative : images_below(image_folder))
    images.push_back({relative, (fs::path(label_folder) / relative).replace_extension(".txt")});
  return load_yolo(image_folder, images, names);
}

void write_yolo(const std::string& folder, const Dataset& dataset) {
  fs::create_directories(folder);
  std::string names;
  for (const Category& category : dataset.categories) names += category.name + "\n";
  base::write_file(fs::path(folder) / "classes.txt", names);
  for (const ImageEntry& image : dataset.images) {
    std::string lines;
    for (const Object& o : dataset.objects_of(image))
      if (!o.crowd && o.width > 0 && o.height > 0)
        lines += fmt::format("{} {} {} {} {}\n", o.category, (o.x + o.width / 2) / image.width,
                             (o.y + o.height / 2) / image.height, o.width / image.width,
                             o.height / image.height);
    fs::path path = fs::path(folder) / fs::path(image.file_name).replace_extension(".txt");
    fs::create_directories(path.parent_path());
    base::write_file(path, lines);
  }
}

std::vector<std::string> read_class_names(const std::string& path) {
  base::MappedFile file(path, kLargestLabels);
  std::vector<std::string> names;
  for_lines(file.bytes(), [&](std::string_view line, int) { names.emplace_back(line); });
  while (!names.empty() && names.back().empty()) names.pop_back();
  if (names.empty()) fail(ExitCode::data, path, ": no class names");
  return names;
}

}  // namespace data
