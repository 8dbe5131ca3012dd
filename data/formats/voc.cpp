#include "data/formats/voc.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <sstream>
#include <utility>

#include "data/formats/coco.h"
#include "data/formats/lines.h"
#include "data/formats/voc_pictures.h"
#include "data/formats/xml_text.h"
#include "engine/base/error.h"
#include "engine/base/file.h"
#include "engine/base/loaded_file.h"
#include "engine/base/text.h"
#include "engine/base/write_file.h"

namespace data {
namespace {

namespace fs = std::filesystem;
using base::ExitCode, base::fail;
constexpr uint64_t kLargestFile = uint64_t{4} << 20;

struct VocObject {
  std::string name;
  double edges[4] = {NAN, NAN, NAN, NAN};  // xmin, ymin, xmax, ymax
};
struct VocFile {
  std::string where;
  ImageEntry image;
  std::vector<VocObject> objects;
  int64_t parts = 0;
};

constexpr const char* kEdges[] = {"xmin", "ymin", "xmax", "ymax"};

double parse_number(pugi::xml_node element, const std::string& where) {
  const std::string text = text_of(element);
  double value = 0;
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size() || !std::isfinite(value))
    fail(ExitCode::data, where, ": ", element.path().substr(1), " is \"", text.substr(0, 40),
         "\", expected a number");
  return value;
}

int parse_side(pugi::xml_node element, const std::string& where) {
  double value = parse_number(element, where);
  if (value < 1 || value > 1e6 || value != std::floor(value))
    fail(ExitCode::data, where, ": ", element.path().substr(1), " is ",
         text_of(element).substr(0, 40), ", expected 1 to 1000000");
  return static_cast<int>(value);
}

// If an element occurs more than once, the last one counts.
VocObject parse_object(pugi::xml_node element, const std::string& where) {
  VocObject object;
  for (pugi::xml_node name : element.children("name")) object.name = text_of(name);
  for (pugi::xml_node box : element.children("bndbox"))
    for (int i = 0; i < 4; ++i)
      for (pugi::xml_node edge : box.children(kEdges[i]))
        object.edges[i] = parse_number(edge, where);
  return object;
}

void parse_annotation(pugi::xml_node annotation, const std::string& where, VocFile& file) {
  for (pugi::xml_node name : annotation.children("filename")) file.image.file_name = text_of(name);
  for (pugi::xml_node size : annotation.children("size")) {
    for (pugi::xml_node side : size.children("width")) file.image.width = parse_side(side, where);
    for (pugi::xml_node side : size.children("height")) file.image.height = parse_side(side, where);
  }
  for (pugi::xml_node object : annotation.children("object")) {
    file.objects.push_back(parse_object(object, where));
    for ([[maybe_unused]] pugi::xml_node part : object.children("part")) ++file.parts;
  }
}

void check_objects(const VocFile& file) {
  for (const VocObject& object : file.objects)
    for (int i = 0; i < 4; ++i)
      if (object.name.empty() || std::isnan(object.edges[i]))
        fail(ExitCode::data, file.where, ": an object without ",
             object.name.empty() ? "name" : std::string("bndbox/") + kEdges[i]);
}

VocFile read_voc_file(const fs::path& folder, const fs::path& relative, VocPictures& pictures) {
  VocFile file;
  file.where = (folder / relative).string();
  const std::string& where = file.where;
  base::LoadedFile loaded(where, kLargestFile);
  const pugi::xml_document document = read_xml(loaded.bytes(), where);
  if (!document.child("annotation"))
    fail(ExitCode::data, where, ": the file holds <",
         base::printable(document.document_element().name(), 100),
         ">, expected PASCAL VOC's <annotation>");
  for (pugi::xml_node annotation : document.children("annotation"))
    parse_annotation(annotation, where, file);
  file.image.file_name = pictures.find(relative, file.image.file_name);
  if (file.image.file_name.empty())
    fail(ExitCode::data, where, ": filename does not stay below the image folder");
  if (file.image.width == 0 || file.image.height == 0)
    fail(ExitCode::data, where, ": no size/width and size/height");
  check_objects(file);
  return file;
}

std::map<std::string, int32_t> take_categories(Dataset& out, const std::vector<VocFile>& files,
                                               std::vector<std::string> names) {
  if (names.empty()) {
    std::set<std::string> found;
    for (const VocFile& file : files)
      for (const VocObject& object : file.objects) found.insert(object.name);
    names.assign(found.begin(), found.end());
  }
  std::map<std::string, int32_t> index;
  for (const std::string& name : names) {
    index.emplace(name, static_cast<int32_t>(index.size()));
    out.categories.push_back({static_cast<int64_t>(out.categories.size() + 1), name});
  }
  return index;
}

// Converts an edge from VOC, which counts from 1. Some tools count from 0, so 0 is the border, too.
double from_first(double edge) { return std::max(edge - 1, std::min(edge, 0.)); }

void take_objects(Dataset& out, const VocFile& file, const std::map<std::string, int32_t>& index) {
  for (const VocObject& object : file.objects) {
    auto category = index.find(object.name);
    if (category == index.end())
      fail(ExitCode::data, file.where, ": \"", base::printable(object.name, 100),
           "\" is not among the given names");
    Object box;
    box.id = static_cast<int64_t>(out.objects.size() + 1);
    box.category = category->second;
    box.x = from_first(object.edges[0]);
    box.y = from_first(object.edges[1]);
    box.width = object.edges[2] - box.x;
    box.height = object.edges[3] - box.y;
    box.area = box.width * box.height;
    out.objects.push_back(box);
  }
}

void add_text(pugi::xml_node parent, const char* name, const std::string& text) {
  parent.append_child(name).text().set(text.c_str());
}

void add_object(pugi::xml_node annotation, const std::string& name, const Object& o) {
  pugi::xml_node object = annotation.append_child("object");
  add_text(object, "name", name);
  add_text(object, "difficult", "0");
  pugi::xml_node box = object.append_child("bndbox");
  const double edges[] = {o.x + 1, o.y + 1, o.x + o.width, o.y + o.height};
  for (int i = 0; i < 4; ++i) add_text(box, kEdges[i], fmt::format("{}", edges[i]));
}

std::string voc_text(const Dataset& dataset, const ImageEntry& image) {
  pugi::xml_document document;
  pugi::xml_node annotation = document.append_child("annotation");
  add_text(annotation, "filename", image.file_name);
  pugi::xml_node size = annotation.append_child("size");
  add_text(size, "width", std::to_string(image.width));
  add_text(size, "height", std::to_string(image.height));
  add_text(size, "depth", "3");
  for (const Object& object : dataset.objects_of(image))
    if (!object.crowd) add_object(annotation, dataset.categories.at(object.category).name, object);
  std::ostringstream text;
  document.save(text, "  ", pugi::format_default | pugi::format_no_declaration);
  return text.str();
}

// Reads a file of ImageSets/Main: each line has the name of an image, and perhaps a flag after it.
std::vector<fs::path> listed_files(const std::string& list) {
  constexpr uint64_t kLargestList = uint64_t{64} << 20;
  base::LoadedFile file(list, kLargestList);
  std::vector<fs::path> paths;
  for_lines(plain_text(file.bytes(), list), [&](std::string_view line, int number) {
    const std::string name(line.substr(0, line.find_first_of(" \t")));
    if (name.empty()) return;
    if (!stays_in_folder(name))
      fail(ExitCode::data, list, ":", number, ": the name does not stay below the folder");
    paths.push_back(name + ".xml");
  });
  if (paths.empty()) fail(ExitCode::data, list, ": no image names");
  return paths;
}

// The paths of the XML files, relative to the folder.
std::vector<fs::path> xml_files(const std::string& folder, const std::string& list) {
  if (!fs::is_directory(folder)) fail(ExitCode::data, folder, ": not a folder");
  if (!list.empty()) return listed_files(list);
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const fs::path ending = entry.path().extension();
    if (ending == ".xml" || ending == ".XML")
      paths.push_back(entry.path().lexically_relative(folder));
  }
  if (paths.empty()) fail(ExitCode::data, folder, ": no .xml files");
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::string note_of(const std::vector<VocFile>& files, const VocPictures& pictures,
                    const std::string& folder, bool all) {
  int64_t parts = 0;
  for (const VocFile& file : files) parts += file.parts;
  return pictures.note(folder, all) +
         (parts ? fmt::format("; {} boxes of parts of objects left out", parts) : "");
}

}  // namespace

Dataset load_voc(const std::string& xml_folder, const std::string& image_folder,
                 const std::vector<std::string>& names, const std::string& list,
                 const std::string& images_option) {
  VocPictures pictures(image_folder);
  std::vector<VocFile> files;
  for (const fs::path& path : xml_files(xml_folder, list))
    files.push_back(read_voc_file(xml_folder, path, pictures));
  pictures.require_one(xml_folder, images_option);
  Dataset out;
  out.notes.push_back(note_of(files, pictures, xml_folder, list.empty()));
  out.image_folder = image_folder;
  auto index = take_categories(out, files, names);
  for (VocFile& file : files) {
    file.image.id = static_cast<int64_t>(out.images.size() + 1);
    file.image.first_object = static_cast<uint32_t>(out.objects.size());
    file.image.object_count = static_cast<uint32_t>(file.objects.size());
    take_objects(out, file, index);
    out.images.push_back(std::move(file.image));
  }
  return out;
}

bool has_voc_layout(const std::string& folder) {
  std::error_code unknown;
  return fs::is_directory(fs::path(folder) / "Annotations", unknown);
}

bool has_voc_splits(const std::string& folder) {
  std::error_code unknown;
  return has_voc_layout(folder) && fs::is_directory(fs::path(folder) / kVocSplits, unknown);
}

std::string voc_file(const ImageEntry& image) {
  return fs::path(image.file_name).replace_extension(".xml").string();
}

int64_t write_voc(const std::string& folder, const Dataset& dataset) {
  for (const ImageEntry& image : dataset.images) {
    const fs::path path = base::safe_output(folder, voc_file(image));
    base::create_folders(path.parent_path());
    base::write_file(path, voc_text(dataset, image), base::not_durable());
  }
  return std::count_if(dataset.objects.begin(), dataset.objects.end(),
                       [](const Object& o) { return o.crowd; });
}

}  // namespace data
