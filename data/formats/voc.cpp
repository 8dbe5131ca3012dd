#include "data/formats/voc.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>
#include <utility>

#include "data/formats/encoding.h"
#include "data/formats/voc_files.h"
#include "data/formats/voc_pictures.h"
#include "data/formats/xml_text.h"
#include "engine/base/counted.h"
#include "engine/base/error.h"
#include "engine/base/loaded_file.h"
#include "engine/base/text.h"

namespace data {
namespace {

namespace fs = std::filesystem;
using base::ExitCode, base::fail;
constexpr uint64_t kLargestFile = uint64_t{4} << 20;

struct VocObject {
  std::string name;
  double edges[4] = {NAN, NAN, NAN, NAN};  // xmin, ymin, xmax, ymax
  bool turned = false;                     // it has a rotation, as CVAT writes it
};
struct VocFile {
  std::string where;
  ImageEntry image;
  std::vector<VocObject> objects;
  int64_t parts = 0;
  EncodingDoubt doubt = EncodingDoubt::none;
};

// The name of an element, with those around it: "annotation/object/bndbox/xmin".
std::string path_of(pugi::xml_node element) { return element.path().substr(1); }

double parse_number(pugi::xml_node element, const XmlPlaces& places) {
  const std::string text = text_of(element);
  double value = 0;
  auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || rest != text.data() + text.size() || !std::isfinite(value))
    fail(ExitCode::data, places.of(element), ": ", path_of(element), " is \"", text.substr(0, 40),
         "\", expected a number");
  return value;
}

int parse_side(pugi::xml_node element, const XmlPlaces& places) {
  double value = parse_number(element, places);
  if (value < 1 || value > 1e6 || value != std::floor(value))
    fail(ExitCode::data, places.of(element), ": ", path_of(element), " is ",
         text_of(element).substr(0, 40), ", expected 1 to 1000000");
  return static_cast<int>(value);
}

// The names of the elements in an element, and in its bndbox, such as "name, robndbox".
std::string children_in_words(pugi::xml_node element) {
  std::string names;
  for (pugi::xml_node child : element.children()) {
    if (child.type() != pugi::node_element) continue;
    names += (names.empty() ? "" : ", ") + std::string(child.name());
    if (child.name() == std::string_view("bndbox")) names += " with " + children_in_words(child);
  }
  return names.empty() ? "nothing" : base::printable_name(names);
}

// The child of this name, if there is one. A second one is refused, since it may say another thing.
pugi::xml_node only_child(pugi::xml_node parent, const char* name, const XmlPlaces& places) {
  const pugi::xml_node first = parent.child(name), second = first.next_sibling(name);
  if (second)
    fail(ExitCode::data, places.of(second), ": a second ", path_of(second),
         "; keep the one that is right, and write an object of its own for each box");
  return first;
}

bool has_rotation(pugi::xml_node object) {
  for (pugi::xml_node attribute : object.child("attributes").children("attribute"))
    if (attribute.child_value("name") == std::string_view("rotation") &&
        attribute.child("value").text().as_double() != 0)
      return true;
  return false;
}

VocObject parse_object(pugi::xml_node element, const XmlPlaces& places) {
  VocObject object;
  object.name = text_of(only_child(element, "name", places));
  object.turned = has_rotation(element);
  const pugi::xml_node box = only_child(element, "bndbox", places);
  for (int i = 0; i < 4; ++i)
    if (const pugi::xml_node edge = only_child(box, kVocEdges[i], places))
      object.edges[i] = parse_number(edge, places);
  for (int i = 0; i < 4; ++i)
    if (object.name.empty() || std::isnan(object.edges[i]))
      fail(ExitCode::data, places.of(element), ": an object without ",
           object.name.empty() ? "name" : std::string("bndbox/") + kVocEdges[i],
           ", expected name and bndbox with xmin, ymin, xmax and ymax; it has ",
           children_in_words(element));
  return object;
}

void parse_annotation(pugi::xml_node annotation, const XmlPlaces& places, VocFile& file) {
  file.image.file_name = text_of(only_child(annotation, "filename", places));
  const pugi::xml_node size = only_child(annotation, "size", places);
  if (const pugi::xml_node side = only_child(size, "width", places))
    file.image.width = parse_side(side, places);
  if (const pugi::xml_node side = only_child(size, "height", places))
    file.image.height = parse_side(side, places);
  const pugi::xml_node box = annotation.find_node(
      [](pugi::xml_node node) { return node.name() == std::string_view("bndbox"); });
  if (box && !annotation.child("object"))
    fail(ExitCode::data, places.of(box), ": a box in ", path_of(box),
         ", expected annotation/object/bndbox");
  for (pugi::xml_node object : annotation.children("object")) {
    file.objects.push_back(parse_object(object, places));
    for ([[maybe_unused]] pugi::xml_node part : object.children("part")) ++file.parts;
  }
}

// Where it throws, `file` holds what was read before.
void read_voc_file(const fs::path& folder, const fs::path& relative, VocPictures& pictures,
                   VocFile& file) {
  file.where = (folder / relative).string();
  const std::string& where = file.where;
  base::LoadedFile loaded(where, kLargestFile);
  const XmlInUtf8 text = xml_in_utf8(loaded.bytes(), where);
  file.doubt = text.doubt;
  const std::string_view xml = text.converted.empty() ? loaded.bytes() : text.converted;
  const pugi::xml_document document = read_xml(xml, where);
  if (!document.child("annotation"))
    fail(ExitCode::data, where, ": the file holds <",
         base::printable_name(document.document_element().name()),
         ">, expected PASCAL VOC's <annotation>",
         document.child("annotations")
             ? "; it is CVAT's own XML: export the task as \"PASCAL VOC 1.1\" or \"COCO 1.0\""
             : "");
  const XmlPlaces places{xml, where};
  parse_annotation(only_child(document, "annotation", places), places, file);
  if (file.image.width == 0 || file.image.height == 0)
    fail(ExitCode::data, where,
         ": no size/width and size/height, expected the picture's sides in pixels, as in "
         "<size><width>640</width><height>480</height></size>");
  const std::string picture = pictures.find(relative, file.image.file_name);
  if (picture.empty())
    fail(ExitCode::data, where, ": filename \"", base::printable_name(file.image.file_name),
         "\" does not stay below the image folder; write the picture's name relative to that "
         "folder");
  file.image.file_name = picture;
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

void take_objects(Dataset& out, const VocFile& file, const std::map<std::string, int32_t>& index,
                  Problems* problems) {
  for (const VocObject& object : file.objects) {
    auto category = index.find(object.name);
    if (category == index.end()) {
      report(problems, ProblemKind::unknown_category, file.where,
             "\"" + base::printable_name(object.name) +
                 "\" is not among the given names; add it to them, or rename the object");
      continue;
    }
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

std::vector<VocFile> read_files(const std::string& folder, const std::vector<fs::path>& paths,
                                VocPictures& pictures, Problems* problems) {
  std::vector<VocFile> files;
  for (const fs::path& path : paths) {
    VocFile file;
    if (take_or_report(problems, ProblemKind::bad_label_file, (fs::path(folder) / path).string(),
                       [&] { read_voc_file(folder, path, pictures, file); }))
      files.push_back(std::move(file));
    else
      pictures.add_damaged(path, file.image.file_name);
  }
  return files;
}

// How many files are not surely of the encoding that they declare.
std::string doubts_in_words(const std::vector<VocFile>& files) {
  std::string words;
  for (const auto& [doubt, what] :
       {std::pair(EncodingDoubt::is_utf8,
                  "declared in another encoding, but UTF-8, and read so: declare UTF-8"),
        {EncodingDoubt::could_be_utf8,
         "read in the encoding that is declared, but could be UTF-8, too: look at the names of the "
         "classes, or save as UTF-8"}}) {
    const auto has = [wanted = doubt](const VocFile& file) { return file.doubt == wanted; };
    const auto first = std::ranges::find_if(files, has);
    if (first == files.end()) continue;
    words += fmt::format("; {} {} (the first: {})",
                         base::counted(std::ranges::count_if(files, has), "file"), what,
                         base::printable_path(first->where));
  }
  return words;
}

std::string note_of(const std::vector<VocFile>& files, const VocPictures& pictures,
                    const std::string& folder, const VocFiles& listed, bool all) {
  int64_t parts = 0, turned = 0;
  for (const VocFile& file : files) {
    parts += file.parts;
    turned += std::ranges::count_if(file.objects, &VocObject::turned);
  }
  std::string note = pictures.note(folder, all) + doubts_in_words(files);
  if (listed.repeated > 0)
    note += fmt::format("; {} listed again and count{} as often (the first: {})",
                        listed.repeated == 1 ? "1 is" : fmt::format("{} are", listed.repeated),
                        listed.repeated == 1 ? "s" : "", listed.first_repeated);
  if (turned > 0)
    note += fmt::format(
        "; {} with a rotation taken as if not turned: draw what is turned as polygons to have the "
        "boxes around it",
        base::counted(turned, "box"));
  return note + (parts
                     ? fmt::format("; {} of parts of objects left out", base::counted(parts, "box"))
                     : "");
}

}  // namespace

Dataset load_voc(const std::string& xml_folder, const std::string& image_folder,
                 const std::vector<std::string>& names, const std::string& list,
                 const std::string& images_option, Problems* problems) {
  VocPictures pictures(image_folder);
  const VocFiles listed = find_voc_files(xml_folder, list, problems);
  std::vector<VocFile> files = read_files(xml_folder, listed.paths, pictures, problems);
  pictures.require_one(xml_folder, images_option);
  Dataset out;
  out.notes.push_back(note_of(files, pictures, xml_folder, listed, list.empty()));
  out.image_folder = image_folder;
  out.box_form = BoxForm::edges;
  auto index = take_categories(out, files, names);
  for (VocFile& file : files) {
    file.image.id = static_cast<int64_t>(out.images.size() + 1);
    file.image.first_object = static_cast<uint32_t>(out.objects.size());
    take_objects(out, file, index, problems);
    file.image.object_count = static_cast<uint32_t>(out.objects.size()) - file.image.first_object;
    out.images.push_back(std::move(file.image));
  }
  return out;
}

}  // namespace data
