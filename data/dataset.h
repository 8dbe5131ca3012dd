// A data set in memory: its images, categories and boxes, whatever files they came from. Pixels
// stay on disk.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace data {

struct Category {
  int64_t id = 0;  // as in the file; ids may have gaps
  std::string name;
  std::string group;  // COCO's supercategory, or empty
  // Where the class stands in the class file, for messages, such as "line 3"; empty: use its id.
  std::string place;
};

// One labelled box, in pixels of its image. (x, y) is its left top corner.
struct Object {
  int64_t id = 0;        // annotation id as in the file
  int32_t category = 0;  // index into Dataset::categories
  bool crowd = false;
  double x = 0, y = 0, width = 0, height = 0;
  double area = 0;  // as in the file, where COCO gives the area of the segmentation
};

struct ImageEntry {
  int64_t id = 0;
  int width = 0, height = 0;  // pixels, as the annotations say
  std::string file_name;      // relative to Dataset::image_folder; in a record it is only a name
  uint32_t first_object = 0, object_count = 0;  // range in Dataset::objects, in file order
  // Where the encoded image lies if it is part of a TFRecord shard: an index into Dataset::shards
  // (else -1), and its bytes in that file.
  int32_t shard = -1;
  uint64_t offset = 0, bytes = 0;
};

// Whether pictures are turned upright, as their EXIF orientation says and as people see them, or
// are read as their pixels are stored (as in the original).
enum class ExifPolicy { upright, stored };

struct ImagePolicy {
  ExifPolicy exif = ExifPolicy::upright;
  bool follow_links = true;  // whether symbolic links may lead out of the image folder
};

// What the numbers of a box are in a data set's files: x, y, width, height in pixels (COCO);
// centre, width and height in fractions of the image's sides (YOLO); edges in pixels (VOC); edges
// in fractions of the sides (records).
enum class BoxForm { corner_and_size, centre_and_size, edges, edges_in_fractions };

struct Dataset {
  std::string source;      // its name in messages: what the user named; may be empty
  std::string class_file;  // the file that lists the classes, if it is not `source`
  std::string image_folder;
  // Folders below image_folder that belong to the layout of the data set, such as YOLO's
  // "images/val". Elsewhere its images may have names without them.
  std::vector<std::string> layout_folders;
  ImagePolicy policy;                // with which images are read
  std::string prefix = "--";         // Source::prefix, for messages about the policy
  std::vector<std::string> shards;   // paths of TFRecord files; empty for other formats
  std::vector<Category> categories;  // in file order
  std::vector<ImageEntry> images;    // in file order
  std::vector<Object> objects;       // grouped by image, in file order within an image
  std::vector<std::string> notes;    // lines that say what the reader matched, left out or assumed
  // Whether the format or the user says that labels belong to the pictures as `policy` reads them.
  // An annotated size may still show the opposite.
  bool frame_known = false;
  BoxForm box_form = BoxForm::corner_and_size;  // for messages

  std::span<const Object> objects_of(const ImageEntry& image) const {
    return {objects.data() + image.first_object, image.object_count};
  }
};

}  // namespace data
