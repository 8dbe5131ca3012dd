#include "data/formats/foreign_json.h"

#include <algorithm>

#include "data/formats/foreign/file_kinds.h"
#include "data/formats/lines.h"

namespace data {
namespace {

using namespace std::string_view_literals;

bool contains(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

// Whether the first line is an object, and another one follows.
bool is_json_lines(std::string_view file) {
  const size_t end = file.find('\n');
  return file.starts_with("{"sv) && end != std::string_view::npos && end + 1 < file.size() &&
         file[file.find_last_not_of(" \r", end - 1)] == '}' && file[end + 1] == '{';
}

bool is_array_of(std::string_view file, std::string_view field) {
  return first_letter(file) == '[' && contains(file.substr(0, 4096), field);
}

// What a labelling tool writes, told by words of which all stand in the file.
struct Tool {
  std::string_view marks[3];  // those that are not needed are empty
  const char* words;
};

bool wrote(const Tool& tool, std::string_view head, std::string_view tail) {
  return std::ranges::all_of(tool.marks, [&](std::string_view mark) {
    return contains(head, mark) || contains(tail, mark);
  });
}

constexpr Tool kArrays[] = {
    {{"\"rectanglelabels\""}, "a project of Label Studio: export it as COCO"},
    {{"\"from_name\""}, "a project of Label Studio: export it as COCO"},
    {{"\"coordinates\""}, "CreateML: export COCO JSON"},
    {{"\"Labeled Data\""}, "an export of Labelbox: convert it to COCO JSON"},
    {{"\"data_row\""}, "an export of Labelbox: convert it to COCO JSON"},
    {{"\"box2d\""}, "labels of BDD100K: convert them to COCO JSON"},
};
constexpr Tool kWithImages[] = {
    {{"\"project_name\"", "\"images\"", "\"image_name\""},
     "a project of Hasty in its own format: export it as COCO"},
    {{"\"project_name\"", "\"images\"", "\"label_classes\""},
     "a project of Hasty in its own format: export it as COCO"},
};
constexpr Tool kObjects[] = {
    {{"\"shapes\"", "\"imagePath\""},
     "a file of Labelme, which has one per image: convert the folder with labelme2coco, or export "
     "COCO JSON"},
    {{"\"_via_"}, "a project of VIA (VGG Image Annotator): export the annotations as COCO"},
    {{"\"regions\"", "\"filename\""},
     "a project of VIA (VGG Image Annotator): export the annotations as COCO"},
    {{"\"regions\"", "\"asset\""},
     "a file of VoTT in its own format: export the project as Pascal VOC, whose folder is given "
     "as `voc`"},
    {{"\"objects\"", "\"classTitle\""},
     "a file of Supervisely, which has one per image: export the project as COCO"},
    {{"\"classes\"", "\"title\"", "\"shape\""},
     "the list of classes of Supervisely: export the project as COCO"},
    {{"\"categories\"", "\"items\"", "\"label\""},
     "Datumaro's own format: convert it with `datum convert -f coco`"},
    {{"\"item\"", "\"annotations\"", "\"bounding_box\""},
     "Darwin JSON of V7, which has one file per image: export the data set as COCO"},
    {{"\"features\"", "\"geometry\""}, "GeoJSON: export COCO JSON"},
    {{"\"image_id\"", "\"detections\""},
     "a line of `ssddetect --json-lines`, which is given as `ssdeval --detections`"},
};

template <size_t kCount>
std::string tool_of(const Tool (&tools)[kCount], std::string_view head, std::string_view tail) {
  const auto found =
      std::ranges::find_if(tools, [&](const Tool& tool) { return wrote(tool, head, tail); });
  return found == std::end(tools) ? "" : found->words;
}

}  // namespace

std::string foreign_bytes(std::string_view file) {
  if (std::string nothing = nothing_in_words(file); !nothing.empty())
    return nothing + ", expected a COCO file";
  if (is_record_file(file)) return "a TFRecord shard, which is given as `tfrecords`";
  if (const std::string other = packed_in_words(file); !other.empty()) return other;
  if (is_picture(file))
    return "a picture, expected a COCO file; a folder of pictures is given as `images`";
  if (is_data_yaml(file)) return "a data.yaml of YOLO, which is given as `yolo`";
  const std::string_view head = file.substr(0, 4096);
  if (is_json_lines(file) && contains(head, "\"data_row\""sv))
    return tool_of(kArrays, "\"data_row\""sv, "");
  if (is_json_lines(file))
    return contains(head, "\"bbox\""sv)
               ? "JSON Lines with boxes, expected one COCO object: export COCO JSON; a results "
                 "file is given as `ssdeval --detections`"
               : "JSON Lines, an object per line, expected one COCO object: export COCO JSON";
  if (is_table(file)) return "a table (CSV), expected COCO JSON: export COCO JSON";
  if (first_letter(file) == '[')
    if (const std::string tool = tool_of(kArrays, head, ""); !tool.empty()) return tool;
  if (is_array_of(file, "\"bbox\""sv))
    return "the file is an array, expected an object with images, annotations, and categories; a "
           "results file is given as `ssdeval --detections`";
  if (first_letter(file) != '<') return "";
  if (contains(head, "<annotations") || contains(head, "<track") || contains(head, "<image "))
    return "the XML of CVAT, expected COCO JSON: export the task as \"COCO 1.0\"";
  return "XML or HTML, expected COCO JSON; a folder of PASCAL VOC files is given as `voc`";
}

std::string foreign_with_images(std::string_view file) {
  return tool_of(kWithImages, file.substr(0, 4096), "");
}

std::string foreign_json(std::string_view file) {
  return tool_of(kObjects, file.substr(0, 65536),
                 file.substr(file.size() - std::min<size_t>(file.size(), 4096)));
}

}  // namespace data
