#include "data/metrics/detections_sax.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "data/metrics/foreign_results.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

namespace data {
DetectionHandler::DetectionHandler(base::LoadedFile& file, JsonCursor& cursor, const Dataset& truth,
                                   DetectionFile& out)
    : file_(file), cursor_(cursor), out_(out), names_(truth) {
  for (size_t i = 0; i < truth.categories.size(); ++i)
    categories_.emplace(truth.categories[i].id, static_cast<int32_t>(i));
  for (const ImageEntry& image : truth.images) images_.emplace(image.id, &image);
}

void DetectionHandler::compare_size(const std::string& name, int64_t id, int64_t width,
                                    int64_t height) {
  const auto image = images_.find(name.empty() ? id : names_.image_of(name, id));
  if (image == images_.end() || width == height) return;
  const bool turned = image->second->width == height && image->second->height == width;
  if (turned && out_.turned_images++ == 0) out_.first_turned = image->second->file_name;
}

bool DetectionHandler::number_float(double value, const std::string&) {
  const auto integer = whole_number(value);
  return number(value, integer.has_value(), integer.value_or(0));
}

bool DetectionHandler::number(double value, bool is_integer, int64_t integer) {
  if (depth_ < 2) return other("a number");
  cursor_.token_read();
  if (!std::isfinite(value)) fail_here("a number beyond the range of float64");
  if (depth_ == 3 && field_ == bbox) {
    if (box_count_ < 4) box_[box_count_] = value;
    ++box_count_;
  } else if (depth_ == 2 && field_ == score) {
    score_ = value;
  } else if (depth_ == 2 && (field_ == image_id || field_ == category_id)) {
    if (!is_integer) fail_here(std::string(kNames[field_]) + " is not a 64-bit integer");
    (field_ == image_id ? image_id_ : category_id_) = integer;
  } else if (depth_ == 2 && (field_ == bbox || field_ >= kRequired)) {
    refuse("a number");
  }
  return true;
}

bool DetectionHandler::string(std::string& text) {
  if (depth_ == 2 && (field_ == image_id || field_ == category_id)) {
    cursor_.token_read();
    (field_ == image_id ? image_text_ : category_text_) = "\"" + base::printable_name(text) + "\"";
    return true;
  }
  const bool name = depth_ == 2 && (field_ == file_name || field_ == category);
  if (!name) {
    constexpr size_t kShown = 40;
    const bool read = depth_ >= 2 && depth_ <= 3 && field_ != unknown;
    return other(read ? "the string \"" + base::printable(text, kShown) + "\"" : "a string");
  }
  cursor_.token_read();
  (field_ == file_name ? file_name_ : category_name_) = text;
  return true;
}

// The null of a field that an entry need not have is as if it were absent.
bool DetectionHandler::null() {
  if (depth_ != 2 || (field_ != file_name && field_ != category)) return other("null");
  cursor_.token_read();
  seen_ &= ~(1u << field_);
  return true;
}

bool DetectionHandler::other(const std::string& kind) {
  cursor_.token_read();
  if (depth_ == 0) fail_here("the file is " + kind + ", expected an array");
  if (depth_ == 1) {
    ++entries_;
    fail_here("is " + kind + ", expected an object");
  }
  if (field_ != unknown && depth_ <= 3) refuse(kind);
  return true;
}

void DetectionHandler::refuse(const std::string& found) {
  const char* expected = field_ == bbox    ? "[x, y, width, height] in pixels"
                         : field_ == score ? "a number"
                                           : "an integer";
  fail_here(std::string(kNames[field_]) + (depth_ == 3 ? " holds " : " is ") + found +
            ", expected " + expected);
}

void DetectionHandler::open_container() {
  cursor_.token_read();
  if (++depth_ > kDeepestJson) fail_here("arrays and objects nested deeper than 64");
}

bool DetectionHandler::start_object(size_t) {
  if (depth_ == 0) fail_here(wrapped_results(file_.bytes()));
  if ((depth_ == 2 || depth_ == 3) && field_ != unknown) refuse("an object");
  open_container();
  if (depth_ == 2) {
    ++entries_;
    seen_ = 0;
    field_ = unknown;
    image_id_ = category_id_ = 0;
    image_text_.clear(), category_text_.clear();
    box_count_ = 0;
  }
  return true;
}

bool DetectionHandler::start_array(size_t) {
  if (depth_ == 1) return other("an array");
  if ((depth_ == 2 && field_ != unknown && field_ != bbox) || (depth_ == 3 && field_ == bbox))
    refuse("an array");
  open_container();
  return true;
}

bool DetectionHandler::end_array() {
  cursor_.token_read();
  --depth_;
  return true;
}

bool DetectionHandler::end_object() {
  cursor_.token_read();
  if (depth_-- == 2) keep_entry();
  return true;
}

bool DetectionHandler::key(std::string& name) {
  cursor_.token_read();
  if (depth_ != 2) return true;
  field_ = unknown;
  for (int field = 1; field < kFields; ++field)
    if (name == kNames[field]) field_ = static_cast<Field>(field);
  if (field_ != unknown) {
    if (seen_ >> field_ & 1) fail_here("has " + name + " twice");
    seen_ |= 1u << field_;
  } else if (name == "segmentation") {
    cursor_.hide_value();
  }
  return true;
}

void DetectionHandler::keep_entry() {
  require_id(image_id, image_text_, file_name, "the name of its image");
  require_id(category_id, category_text_, category, "the name of its class");
  for (const Field field : {bbox, score})
    if (!(seen_ >> field & 1)) fail_here(std::string("has no ") + kNames[field]);
  if (box_count_ != 4)
    fail_here(base::concatenate("bbox has ", box_count_, " numbers, expected 4"));
  if (!finds_image() || !finds_category()) return;
  out_.negative_sizes += box_[2] < 0 || box_[3] < 0;
  out_.detections.push_back({image_id_, category_, box_[0], box_[1], box_[2], box_[3], score_});
}

// A name takes the place of an id, which other programs may write as text or leave out.
void DetectionHandler::require_id(Field id, const std::string& text, Field name,
                                  const char* meaning) const {
  if (seen_ >> name & 1) return;
  const bool has_id = seen_ >> id & 1;
  if (has_id && text.empty()) return;
  fail_here(base::concatenate(has_id ? "" : "has no ", kNames[id],
                              has_id ? " is the string " + text : "", ", expected an integer, or ",
                              kNames[name], " with ", meaning));
}

// Finds the image by name if there is one, because the id may then be the detector's own.
bool DetectionHandler::finds_image() {
  if (!(seen_ >> file_name & 1)) {
    if (!names_.has_image(image_id_))
      fail_here(base::concatenate("image_id ", image_id_,
                                  " is not among the annotated images; are these detections of "
                                  "another data set?"));
    return true;
  }
  const int64_t id = names_.image_of(file_name_, image_id_);
  if (id == DetectionNames::kSeveral)
    fail_here(base::concatenate("file_name ", base::printable_name(file_name_),
                                " fits several annotated images; run ssddetect from the folder "
                                "to which the annotated file names are relative"));
  if (id == DetectionNames::kNone) {
    if (out_.unknown_images++ == 0) out_.first_unknown_image = file_name_;
    return false;
  }
  const auto [known, is_new] = named_images_.try_emplace(id, NamedImage{file_name_, image_id_});
  NamedImage& image = known->second;
  if (!is_new && image.file_name != file_name_)
    fail_here(base::concatenate("file_name ", base::printable_name(file_name_), " and ",
                                base::printable_name(image.file_name),
                                " would both be the annotated image ", id,
                                "; run ssddetect only on the images that were annotated"));
  if (image.own_id != image_id_ && !std::exchange(image.doubled, true))
    if (out_.doubled_images++ == 0) out_.first_doubled_image = file_name_;
  out_.images_by_name += id != image_id_;
  image_id_ = id;
  return true;
}

bool DetectionHandler::finds_category() {
  const auto by_id = categories_.find(category_id_);
  category_ = by_id == categories_.end() ? -1 : by_id->second;
  if (seen_ >> category & 1) {
    const int32_t by_name = names_.category_of(category_name_);
    const bool has_id = (seen_ >> category_id & 1) && category_text_.empty();
    out_.categories_by_name += has_id && by_name >= 0 && by_name != category_;
    category_ = by_name;
  }
  if (category_ >= 0) return true;
  if (out_.unknown_categories++ == 0) out_.first_unknown_category = category_id_;
  auto& names = out_.unknown_category_names;
  if (seen_ >> category & 1 && names.size() < DetectionFile::kMostUnknownNames &&
      std::find(names.begin(), names.end(), category_name_) == names.end())
    names.push_back(category_name_);
  return false;
}

void DetectionHandler::syntax_error(const std::string& message) {
  fail_here(syntax_problem(cursor_, message));
}

void DetectionHandler::fail_here(const std::string& what) const {
  std::string entry = entries_ ? base::concatenate("detection ", entries_ - 1, ": ") : "";
  base::fail(base::ExitCode::data, file_.position(cursor_.offset()), entry, what);
}

}  // namespace data
