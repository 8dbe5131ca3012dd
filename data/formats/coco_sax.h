// The entries of a COCO file as they are in the file, before images and annotations are joined.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "data/formats/coco.h"
#include "data/formats/json_cursor.h"
#include "engine/base/loaded_file.h"

namespace data {

struct CocoAnnotation {
  Object object;  // category is not set
  int64_t image_id = 0, category_id = 0;
  size_t offset = 0;  // where the entry begins in the file
};

struct CocoRecords {
  std::vector<Category> categories;
  std::vector<ImageEntry> images;
  std::vector<CocoAnnotation> annotations;
  std::vector<size_t> category_offsets, image_offsets;  // where these entries begin
  int64_t turned = 0;                                   // annotations with a rotation
  // Ids of entries that were left out, so that what belongs to them is no fault of its own.
  std::unordered_set<int64_t> bad_images, bad_categories;
  bool has_annotations = false;       // whether there is such a section
  std::vector<std::string> sections;  // the names of the first ones that are not read
};

// What the file has beside images, annotations and categories: "; it has info, annotation", or an
// empty text. A section may be misspelt.
std::string other_sections_in_words(const CocoRecords&);

// Parses the sections in any order. A bad entry is added to `problems` and left out. If `problems`
// is null, it throws Error(data).
CocoRecords read_coco_records(base::LoadedFile& file, Problems* problems);

// One entry of a section while its values arrive.
struct CocoEntry {
  enum Field {
    unknown,
    id,
    image_id,
    category_id,
    width,
    height,
    iscrowd,
    area,
    bbox,
    file_name,
    name,
    supercategory,
    segmentation,
    attributes,
    kFields
  };
  enum Kind { null, boolean, integer, real, string, array, object };  // of a JSON value

  uint32_t named = 0;  // bit per field whose key was read
  uint32_t seen = 0;   // bit per field that had a usable value
  int64_t integers[iscrowd + 1] = {};
  double area_value = 0, box[4] = {};
  int box_count = 0;
  bool has_address = false;  // COCO's coco_url
  bool turned = false;       // its attributes have a rotation, as CVAT writes it
  std::string text;          // file_name or name
  std::string group;         // supercategory
  std::string problem;       // the first one
  size_t problem_offset = 0;
  size_t offset = 0;  // where the entry begins

  bool has(Field field) const { return seen >> field & 1; }
};

// SAX events in, records out. Throws Error(data) for what cannot be skipped.
class CocoHandler {
 public:
  CocoHandler(base::LoadedFile& file, JsonCursor& cursor, Problems* problems, CocoRecords& out)
      : file_(file), cursor_(cursor), problems_(problems), out_(out) {}

  bool null() { return scalar(CocoEntry::null, 0); }
  bool boolean(bool value) { return scalar(CocoEntry::boolean, value); }
  bool number_integer(int64_t value) { return scalar(CocoEntry::integer, value); }
  bool number_unsigned(uint64_t value);
  bool number_float(double value, const std::string&);
  bool string(std::string& value);
  template <class Binary> bool binary(Binary&) { return false; }  // JSON text has none
  bool start_object(size_t);
  bool end_object();
  bool start_array(size_t);
  bool end_array();
  bool key(std::string& name);
  template <class Exception> bool parse_error(size_t, const std::string&, const Exception& error) {
    syntax_error(error.what());
    return false;
  }

  bool has_images() const { return sections_seen_ >> images & 1; }
  bool has_annotations() const { return sections_seen_ >> annotations & 1; }
  bool has_categories() const { return sections_seen_ >> categories & 1; }

 private:
  enum Section { none, images, annotations, categories };

  bool scalar(CocoEntry::Kind kind, int64_t integer, double real = 0);
  void store(CocoEntry::Kind kind, int64_t integer, double real);
  void open_container(CocoEntry::Kind kind);
  std::string in_words(CocoEntry::Kind) const;
  void refuse(CocoEntry::Field field, CocoEntry::Kind kind);
  void note(const std::string& problem);
  void finish_entry();
  std::string missing_value() const;
  void keep_image();
  void keep_annotation();
  void drop_entry();
  std::string entry_name() const;
  [[noreturn]] void syntax_error(const std::string& message);
  [[noreturn]] void fail_here(const std::string& what) const;

  base::LoadedFile& file_;
  JsonCursor& cursor_;
  Problems* problems_;
  CocoRecords& out_;
  int depth_ = 0;
  Section section_ = none;
  uint32_t sections_seen_ = 0;
  int64_t entries_ = 0;  // begun in this section
  CocoEntry::Field field_ = CocoEntry::unknown;
  bool in_rotation_ = false;  // whether the value of attributes.rotation comes
  CocoEntry entry_;
  std::string_view word_;  // the string that is being taken
};

}  // namespace data
