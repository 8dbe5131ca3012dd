// Collects the detections of a COCO result file from the events of a SAX parser.
#pragma once
#include <cstdint>
#include <string>
#include <unordered_map>

#include "data/formats/json_cursor.h"
#include "data/metrics/detection_names.h"
#include "data/metrics/detections.h"
#include "engine/base/loaded_file.h"

namespace data {

class DetectionHandler {
 public:
  DetectionHandler(base::LoadedFile& file, JsonCursor& cursor, const Dataset& truth,
                   DetectionFile& out);

  bool null();
  // Counts an image whose size, as the detector saw it, is the annotated one with width and height
  // exchanged. It is found by its name, or by its id if `name` is empty.
  void compare_size(const std::string& name, int64_t id, int64_t width, int64_t height);

  bool boolean(bool) { return other("true or false"); }
  bool number_integer(int64_t value) { return number(static_cast<double>(value), true, value); }
  bool number_unsigned(uint64_t value) {
    return number(static_cast<double>(value), value <= INT64_MAX, static_cast<int64_t>(value));
  }
  bool number_float(double value, const std::string&);
  bool string(std::string& text);
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

 private:
  enum Field {
    unknown,
    image_id,
    category_id,
    bbox,
    score,
    kRequired,
    file_name = kRequired,
    category,
    kFields
  };
  static constexpr const char* kNames[] = {"",      "image_id",  "category_id", "bbox",
                                           "score", "file_name", "category"};

  bool number(double value, bool is_integer, int64_t integer);
  bool other(const std::string& kind);
  void open_container();
  void keep_entry();
  void require_id(Field id, const std::string& text, Field name, const char* meaning) const;
  bool finds_image();
  bool finds_category();
  [[noreturn]] void refuse(const std::string& found);
  [[noreturn]] void syntax_error(const std::string& message);
  [[noreturn]] void fail_here(const std::string& what) const;

  base::LoadedFile& file_;
  JsonCursor& cursor_;
  DetectionFile& out_;
  DetectionNames names_;
  std::unordered_map<int64_t, const ImageEntry*> images_;  // by id
  struct NamedImage {
    std::string file_name;  // that found it
    int64_t own_id = 0;     // of the entry that was the first
    bool doubled = false;   // another entry has another id
  };
  std::unordered_map<int64_t, NamedImage> named_images_;  // by image id
  std::unordered_map<int64_t, int32_t> categories_;       // by id: index into Dataset::categories

  int depth_ = 0;        // 1 in the list, 2 in an entry, 3 in its bbox
  int64_t entries_ = 0;  // begun so far
  Field field_ = unknown;
  uint32_t seen_ = 0;  // one bit per field of the entry
  int64_t image_id_ = 0, category_id_ = 0;
  std::string image_text_, category_text_;  // in quotes: ids that are strings, else empty
  int32_t category_ = 0;                    // of the entry: index into Dataset::categories
  std::string file_name_, category_name_;
  double box_[4] = {}, score_ = 0;
  int box_count_ = 0;
};

}  // namespace data
