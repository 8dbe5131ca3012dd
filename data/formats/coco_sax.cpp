#include "data/formats/coco_sax.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <tuple>
#include <utility>

#include "data/formats/foreign_json.h"
#include "data/formats/json_fault.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

namespace data {
namespace {

using Entry = CocoEntry;
constexpr const char* kSections[] = {"", "images", "annotations", "categories"};
constexpr const char* kSingular[] = {"", "image", "annotation", "category"};
constexpr const char* kFieldNames[] = {
    "",     "id",   "image_id",  "category_id", "width",         "height",       "iscrowd",
    "area", "bbox", "file_name", "name",        "supercategory", "segmentation", "attributes"};
constexpr const char* kExpected[] = {"",           "an integer", "an integer",
                                     "an integer", "an integer", "an integer",
                                     "0 or 1",     "a number",   "[x, y, width, height]",
                                     "a string",   "a string"};
constexpr const char* kKindNames[] = {"null",     "true or false", "an integer", "a fraction",
                                      "a string", "an array",      "an object"};

constexpr const char* kNameFromAddress =
    ", but a coco_url, as in LVIS: make names of its last two parts, as `jq '.images |= "
    "map(.file_name = (.coco_url | split(\"/\")[-2:] | join(\"/\")))'` does";

// The fields that an entry of each section may have; others are skipped.
constexpr uint32_t bit(Entry::Field field) { return 1u << field; }
constexpr uint32_t kFieldsOf[] = {
    0, bit(Entry::id) | bit(Entry::width) | bit(Entry::height) | bit(Entry::file_name),
    bit(Entry::id) | bit(Entry::image_id) | bit(Entry::category_id) | bit(Entry::iscrowd) |
        bit(Entry::area) | bit(Entry::bbox) | bit(Entry::segmentation) | bit(Entry::attributes),
    bit(Entry::id) | bit(Entry::name) | bit(Entry::supercategory)};
// Of these, the ones without which the entry has no meaning.
constexpr uint32_t kRequiredOf[] = {
    0, kFieldsOf[1],
    bit(Entry::id) | bit(Entry::image_id) | bit(Entry::category_id) | bit(Entry::bbox),
    bit(Entry::id) | bit(Entry::name)};

Entry::Field field_named(const std::string& key, int section) {
  for (int field = 1; field < Entry::kFields; ++field)
    if ((kFieldsOf[section] >> field & 1) && key == kFieldNames[field])
      return static_cast<Entry::Field>(field);
  return Entry::unknown;
}

}  // namespace

bool CocoHandler::number_unsigned(uint64_t value) {
  if (value > INT64_MAX) return scalar(Entry::real, 0, static_cast<double>(value));
  return scalar(Entry::integer, static_cast<int64_t>(value));
}

bool CocoHandler::number_float(double value, const std::string&) {
  if (!std::isfinite(value)) fail_here("a number beyond the range of float64");
  if (auto integer = whole_number(value)) return scalar(Entry::integer, *integer);
  return scalar(Entry::real, 0, value);
}

bool CocoHandler::string(std::string& value) {
  if (value.size() > JsonCursor::kLongestToken) fail_here("a string longer than 1 MiB");
  if (depth_ == 3 && (field_ == Entry::file_name || field_ == Entry::name)) entry_.text.swap(value);
  if (depth_ == 3 && field_ == Entry::supercategory) entry_.group.swap(value);
  word_ = value;
  scalar(Entry::string, 0);
  word_ = {};
  return true;
}

std::string CocoHandler::in_words(Entry::Kind kind) const {
  constexpr size_t kShown = 40;
  if (kind != Entry::string || word_.empty()) return kKindNames[kind];
  return "the string \"" + base::printable(word_, kShown) + "\"";
}

bool CocoHandler::scalar(Entry::Kind kind, int64_t integer, double real) {
  cursor_.token_read();
  if (depth_ == 0)
    fail_here(std::string("the file is ") + kKindNames[kind] + ", expected an object");
  if (section_ == none) return true;
  if (depth_ == 1 && kind == Entry::null && section_ != images) {  // as if absent
    sections_seen_ &= ~(1u << std::exchange(section_, none));
    return true;
  }
  if (depth_ == 1)
    fail_here(std::string("\"") + kSections[section_] + "\" is " + kKindNames[kind] +
              ", expected an array");
  if (depth_ == 2) {  // an entry that is no object
    entry_ = {};
    ++entries_;
    note(std::string("is ") + kKindNames[kind] + ", expected an object");
    drop_entry();
  } else if (depth_ == 3 && field_ != Entry::unknown) {
    store(kind, integer, real);
  } else if (depth_ == 4 && in_rotation_) {
    in_rotation_ = false;
    entry_.turned |= (kind == Entry::integer && integer != 0) || (kind == Entry::real && real != 0);
  } else if (depth_ == 4 && field_ == Entry::bbox) {
    if (kind != Entry::integer && kind != Entry::real)
      note("bbox holds " + in_words(kind) + ", expected four numbers");
    else if (entry_.box_count++ < 4)
      entry_.box[entry_.box_count - 1] =
          kind == Entry::integer ? static_cast<double>(integer) : real;
  }
  return true;
}

void CocoHandler::store(Entry::Kind kind, int64_t integer, double real) {
  if (kind == Entry::null && !(kRequiredOf[section_] & bit(field_))) return;  // as if absent
  switch (field_) {
    case Entry::supercategory:
      return;  // of whatever kind: only a string is kept, by string()
    case Entry::attributes:
      return;
    case Entry::segmentation:
      return;  // null or a file name of a mask: no shape here
    case Entry::area:
      if (kind != Entry::integer && kind != Entry::real) return refuse(field_, kind);
      entry_.area_value = kind == Entry::integer ? static_cast<double>(integer) : real;
      break;
    case Entry::file_name:
    case Entry::name:
      if (kind != Entry::string) return refuse(field_, kind);
      break;
    case Entry::bbox:
      return refuse(field_, kind);
    case Entry::iscrowd:
      if (kind != Entry::boolean && (kind != Entry::integer || (integer != 0 && integer != 1)))
        return note("iscrowd is " +
                    (kind == Entry::integer ? std::to_string(integer) : in_words(kind)) +
                    ", expected 0 or 1");
      entry_.integers[field_] = integer;
      break;
    default:  // ids and sizes
      if (kind == Entry::real)
        return note(std::string(kFieldNames[field_]) + " is not a 64-bit integer");
      if (kind != Entry::integer) return refuse(field_, kind);
      entry_.integers[field_] = integer;
  }
  entry_.seen |= 1u << field_;
}

void CocoHandler::open_container(Entry::Kind kind) {
  cursor_.token_read();
  if (++depth_ > kDeepestJson) fail_here("arrays and objects nested deeper than 64");
  if (depth_ == 1 && kind == Entry::array)
    fail_here("the file is an array, expected an object with images, annotations, and categories");
  if (section_ == none) return;
  if (depth_ == 2 && kind == Entry::object) {
    const std::string foreign = foreign_json(file_.bytes());
    fail_here(!foreign.empty()
                  ? foreign
                  : std::string("\"") + kSections[section_] + "\" is an object, expected an array");
  }
  if (depth_ == 3) {
    entry_ = {};
    entry_.offset = cursor_.offset();
    field_ = Entry::unknown;
    ++entries_;
    if (kind == Entry::array) note("is an array, expected an object");
  } else if (depth_ >= 4 && (field_ == Entry::segmentation || field_ == Entry::supercategory ||
                             field_ == Entry::attributes)) {
    in_rotation_ = false;
  } else if (depth_ == 4 && field_ == Entry::bbox && kind == Entry::array) {
    entry_.box_count = 0;
    entry_.seen |= 1u << field_;
  } else if (depth_ == 4 && field_ != Entry::unknown) {
    refuse(field_, kind);
  } else if (depth_ == 5 && field_ == Entry::bbox) {
    note(std::string("bbox holds ") + kKindNames[kind] + ", expected four numbers");
  }
}

bool CocoHandler::start_object(size_t) {
  open_container(Entry::object);
  return true;
}

bool CocoHandler::start_array(size_t) {
  open_container(Entry::array);
  return true;
}

bool CocoHandler::end_object() {
  cursor_.token_read();
  if (depth_-- == 3 && section_ != none) finish_entry();
  return true;
}

bool CocoHandler::end_array() {
  cursor_.token_read();
  --depth_;
  if (depth_ == 1) section_ = none;
  if (depth_ == 2 && section_ != none) drop_entry();
  return true;
}

bool CocoHandler::key(std::string& name) {
  cursor_.token_read();
  if (depth_ == 3 && section_ != none) {
    field_ = field_named(name, section_);
    if (field_ != Entry::unknown && (entry_.named & bit(field_))) note("has " + name + " twice");
    entry_.named |= bit(field_);
    entry_.has_address |= name == "coco_url";
    // Most of a COCO file is polygons; hiding them makes reading four times as fast.
    if (field_ == Entry::segmentation) cursor_.hide_value();
  }
  in_rotation_ = depth_ == 4 && field_ == Entry::attributes && name == "rotation";
  if (depth_ != 1) return true;
  section_ = none;
  for (Section section : {images, annotations, categories})
    if (name == kSections[section]) section_ = section;
  constexpr size_t kMostOthers = 8;
  if (section_ == none && out_.sections.size() < kMostOthers) out_.sections.push_back(name);
  if (section_ == none) return true;
  if (sections_seen_ >> section_ & 1) fail_here("a second \"" + name + "\" section");
  sections_seen_ |= 1u << section_;
  entries_ = 0;
  return true;
}

void CocoHandler::refuse(Entry::Field field, Entry::Kind kind) {
  note(std::string(kFieldNames[field]) + " is " + in_words(kind) + ", expected " +
       kExpected[field]);
}

void CocoHandler::note(const std::string& problem) {
  if (!entry_.problem.empty()) return;
  entry_.problem = problem;
  entry_.problem_offset = cursor_.offset();
}

void CocoHandler::finish_entry() {
  if (entry_.problem.empty()) {
    std::string missing = missing_value();
    if (!missing.empty()) note(missing);
  }
  if (!entry_.problem.empty()) return drop_entry();
  if (section_ == images) keep_image();
  if (section_ == annotations) keep_annotation();
  if (section_ == images) out_.image_offsets.push_back(entry_.offset);
  if (section_ != categories) return;
  out_.categories.push_back(
      {entry_.integers[Entry::id], std::move(entry_.text), std::move(entry_.group)});
  out_.category_offsets.push_back(entry_.offset);
}

std::string CocoHandler::missing_value() const {
  uint32_t missing = kRequiredOf[section_] & ~entry_.seen;
  for (int field = 1; field < Entry::kFields; ++field)
    if (missing >> field & 1)
      return std::string("has no ") + kFieldNames[field] +
             (field == Entry::file_name && entry_.has_address ? kNameFromAddress : "");
  if (section_ == annotations && entry_.box_count != 4)
    return base::concatenate("bbox has ", entry_.box_count, " numbers, expected 4");
  if (section_ == images) {
    int64_t width = entry_.integers[Entry::width], height = entry_.integers[Entry::height];
    constexpr int64_t kLongestSide = 1'000'000;
    if (width < 1 || height < 1 || width > kLongestSide || height > kLongestSide)
      return base::concatenate("is ", width, " x ", height,
                               " pixels, expected sides of 1 to 1000000");
  }
  if (section_ == categories && entry_.text.empty()) return "has an empty name";
  return "";
}

void CocoHandler::keep_image() {
  ImageEntry image;
  image.id = entry_.integers[Entry::id];
  image.width = static_cast<int>(entry_.integers[Entry::width]);
  image.height = static_cast<int>(entry_.integers[Entry::height]);
  image.file_name = std::move(entry_.text);
  out_.images.push_back(std::move(image));
}

void CocoHandler::keep_annotation() {
  CocoAnnotation annotation{.offset = entry_.offset};
  Object& object = annotation.object;
  annotation.image_id = entry_.integers[Entry::image_id];
  annotation.category_id = entry_.integers[Entry::category_id];
  object.id = entry_.integers[Entry::id];
  object.crowd = entry_.integers[Entry::iscrowd] != 0;
  std::tie(object.x, object.y, object.width, object.height) =
      std::tie(entry_.box[0], entry_.box[1], entry_.box[2], entry_.box[3]);
  object.area = entry_.has(Entry::area) ? entry_.area_value : object.width * object.height;
  if (!std::isfinite(object.area)) object.area = 0;  // width * height of absurd sides
  out_.turned += entry_.turned;
  out_.annotations.push_back(annotation);
}

void CocoHandler::drop_entry() {
  constexpr ProblemKind kKinds[] = {ProblemKind::bad_image, ProblemKind::bad_image,
                                    ProblemKind::bad_annotation, ProblemKind::bad_category};
  std::string position = file_.position(entry_.problem_offset);
  if (const std::string foreign = problems_ ? "" : foreign_json(file_.bytes());
      !has_images() && !foreign.empty())
    base::fail(base::ExitCode::data, file_.path(), ": ", foreign);
  if (section_ == images && entries_ == 1 && !entry_.has(Entry::file_name))
    if (const std::string foreign = foreign_with_images(file_.bytes()); !foreign.empty())
      base::fail(base::ExitCode::data, file_.path(), ": ", foreign);
  if (!problems_)
    base::fail(base::ExitCode::data, position, entry_name(), ": ", entry_.problem, kCocoCure);
  if (entry_.has(Entry::id) && section_ == images)
    out_.bad_images.insert(entry_.integers[Entry::id]);
  if (entry_.has(Entry::id) && section_ == categories)
    out_.bad_categories.insert(entry_.integers[Entry::id]);
  position.resize(position.size() - 2);
  Problem problem{kKinds[section_], position};
  problem.has_annotation = section_ == annotations && entry_.has(Entry::id);
  problem.annotation_id = entry_.integers[Entry::id];
  problem.text = entry_name() + ": " + entry_.problem;
  problems_->add(std::move(problem));
}

std::string CocoHandler::entry_name() const {
  if (entry_.has(Entry::id))
    return base::concatenate(kSingular[section_], " id ", entry_.integers[Entry::id]);
  return base::concatenate(kSections[section_], "[", entries_ - 1, "]");
}

void CocoHandler::syntax_error(const std::string& message) {
  fail_here(syntax_problem(cursor_, message));
}

void CocoHandler::fail_here(const std::string& what) const {
  base::fail(base::ExitCode::data, file_.position(cursor_.offset()), what);
}

std::string other_sections_in_words(const CocoRecords& records) {
  std::string names;
  for (const std::string& name : records.sections)
    names += (names.empty() ? "; it has " : ", ") + base::printable_name(name);
  return names;
}

CocoRecords read_coco_records(base::LoadedFile& file, Problems* problems) {
  if (const std::string foreign = foreign_bytes(file.bytes()); !foreign.empty())
    base::fail(base::ExitCode::data, file.path(), ": ", foreign);
  CocoRecords records;
  JsonCursor cursor(file.bytes());
  CocoHandler handler(file, cursor, problems, records);
  nlohmann::json::sax_parse(JsonIterator{&cursor}, JsonIterator{&cursor}, &handler);
  if (const std::string more = behind_zero_in_words(cursor.rest()); !more.empty())
    base::fail(base::ExitCode::data, file.position(cursor.offset()), more);
  if (const std::string foreign = foreign_json(file.bytes());
      !handler.has_images() && !foreign.empty())
    base::fail(base::ExitCode::data, file.path(), ": ", foreign);
  if (!handler.has_images() || (!handler.has_categories() && !records.annotations.empty()))
    base::fail(base::ExitCode::data, file.path(), ": no \"",
               handler.has_images() ? "categories" : "images",
               "\" section; expected a COCO file with images, annotations, and categories",
               other_sections_in_words(records));
  records.has_annotations = handler.has_annotations();
  return records;
}

}  // namespace data
