#include "data/problem.h"

#include <iterator>
#include <utility>

namespace data {
namespace {

constexpr ProblemRule kRules[] = {
    {"bad_image", Severity::error, "an entry of \"images\" that cannot be used"},
    {"bad_annotation", Severity::error, "an entry of \"annotations\" that cannot be used"},
    {"bad_category", Severity::error, "an entry of \"categories\" that cannot be used"},
    {"bad_label_file", Severity::error, "a label file of VOC or YOLO that cannot be used"},
    {"bad_record", Severity::error, "a record that cannot be used"},
    {"duplicate_image_id", Severity::error, "two images with one id"},
    {"duplicate_annotation_id", Severity::warning,
     "two annotations with one id; the programs give them new ids"},
    {"duplicate_category_id", Severity::error, "two categories with one id"},
    {"orphan_annotation", Severity::error, "its image is not in the file"},
    {"unknown_category", Severity::error, "its category is not in the file"},
    {"contradictory_class", Severity::warning,
     "names and numbers of classes in a record do not agree; the names count"},
    {"unsafe_file_name", Severity::error, "a file name that leaves the image folder"},
    {"non_finite_box", Severity::error, "a box with NaN or infinity"},
    {"look_like_corners", Severity::error, "boxes that seem to be x1, y1, x2, y2"},
    {"may_be_corners", Severity::warning, "boxes that may be x1, y1, x2, y2; look at some"},
    {"may_be_small", Severity::warning, "boxes that may be in per cent, or for smaller pictures"},
    {"look_like_unit", Severity::error, "boxes that seem to be in 0..1 instead of pixels"},
    {"look_like_other_order", Severity::error,
     "boxes whose numbers seem to be centres, or edges in another order"},
    {"look_like_1000", Severity::error, "boxes that seem to be in 0..1000 instead of pixels"},
    {"negative_box", Severity::error, "a box of negative width or height"},
    {"zero_box", Severity::warning, "a box without area; it is not trained on"},
    {"tiny_box", Severity::warning, "a side below 1 px, too small to learn from"},
    {"box_outside", Severity::error, "a box that does not touch its image"},
    {"box_overshoots", Severity::warning,
     "a box past the border by 1 px or more: data.overshoot says what training does"},
    {"box_rounds_over", Severity::info,
     "a box past the border by less than 1 px; it is cut, but --to-records leaves it out"},
    {"uncounted_area", Severity::warning,
     "an area below 0 or above 1e10 px; the metrics leave the object out"},
    {"odd_area", Severity::warning,
     "an area that does not fit the box; by it, the metrics tell small from large"},
    {"duplicate_box", Severity::warning, "the same box and class twice in one image"},
    {"id_zero", Severity::warning, "id 0; some evaluators take it for \"no match\""},
    {"id_gap", Severity::info, "category ids with gaps; they are kept"},
    {"crowd", Severity::info, "crowd regions; evaluation ignores them"},
    {"image_without_boxes", Severity::info, "trained on as background"},
    {"empty_class", Severity::info, "a category without boxes, which the detector cannot learn"},
    {"too_many_classes", Severity::error, "more classes than training and evaluation take"},
    {"no_category", Severity::error, "no categories, so that there is no class to train"},
    {"no_box", Severity::warning, "no boxes to train on; the images can serve as background only"},
    {"no_trained_box", Severity::error, "no box takes part in training"},
    {"all_past_border", Severity::warning,
     "no box takes part in training, unless data.overshoot is \"clip\""},
    {"duplicate_category_name", Severity::error, "two categories with one name"},
    {"alike_category_names", Severity::warning,
     "two categories whose names differ only in case, blanks, - or _, or in Unicode characters"},
    {"duplicate_file_name", Severity::warning, "two images with one file"},
    {"invalid_utf8", Severity::error, "a name that is not UTF-8"},
    {"missing_file", Severity::error, "no such image file"},
    {"outside_folder", Severity::error,
     "a link that leads out of the image folder; it is not opened"},
    {"unreadable_image", Severity::error,
     "a damaged file, or one of a format that is not supported"},
    {"size_mismatch", Severity::error,
     "the picture does not have the annotated size, so boxes are wrong"},
    {"exif_rotated", Severity::info, "turned upright, as EXIF says"},
    {"exif_ignored", Severity::warning, "EXIF says the picture is to be turned; read as stored"},
    {"stored_frame", Severity::warning,
     "labels made for the stored pixels, without EXIF; turned with the picture"},
    {"unclear_frame", Severity::error,
     "labels made for the upright picture or the stored pixels; nothing tells which"},
    {"png_named_jpeg", Severity::warning, "a PNG picture in a file named .jpg; read as PNG"},
    {"several_pictures", Severity::info,
     "an animated PNG, or several pictures in a JPEG file (MPO); the first is read"},
    {"dark_sixteen_bits", Severity::warning,
     "16 bits per channel, most of them unused: nearly black; scale the pixels"},
    {"sixteen_bits", Severity::info, "16 bits per channel; rounded to 8"},
    {"one_colour", Severity::warning, "a picture of one colour, in which no box can be found"},
    {"same_picture", Severity::warning,
     "the bytes of another image, but other boxes; one of them may have another picture's"},
    {"repeated_picture", Severity::info,
     "the bytes and boxes of another image; it counts as often as it is there"},
    {"transparent", Severity::info, "transparency is dropped; the colours below it are seen"},
    {"grayscale", Severity::info, "one channel; read as grey RGB"},
    {"cmyk", Severity::info, "four channels; converted to RGB"},
};
static_assert(std::size(kRules) == kProblemKinds);

}  // namespace

const ProblemRule& rule_of(ProblemKind kind) { return kRules[static_cast<int>(kind)]; }

std::string_view name_of(Severity severity) {
  constexpr std::string_view kNames[] = {"info", "warning", "error"};
  return kNames[static_cast<int>(severity)];
}

Problem problem_at(ProblemKind kind, const std::string& where, std::string text) {
  Problem problem{kind, where};
  // The error may know more, such as the line of the file.
  if (const size_t end = text.find(": ", where.size());
      text.starts_with(where + ":") && end != text.npos) {
    problem.where = text.substr(0, end);
    text.erase(0, end + 2);
  }
  problem.text = std::move(text);
  return problem;
}

void report(Problems* problems, ProblemKind kind, const std::string& where,
            const std::string& text) {
  if (!problems) base::fail(base::ExitCode::data, where, ": ", text);
  problems->add(problem_at(kind, where, text));
}

void Problems::add(Problem problem) {
  int64_t& count = counts_[static_cast<int>(problem.kind)];
  if (static_cast<size_t>(count++) < kept_per_kind_) kept_.push_back(std::move(problem));
}

void Problems::add(const Problems& more) {
  int64_t dropped[kProblemKinds];
  for (int kind = 0; kind < kProblemKinds; ++kind) dropped[kind] = more.counts_[kind];
  for (const Problem& problem : more.kept_) {
    --dropped[static_cast<int>(problem.kind)];
    add(problem);
  }
  for (int kind = 0; kind < kProblemKinds; ++kind) counts_[kind] += dropped[kind];
}

int64_t Problems::count(Severity severity) const {
  int64_t sum = 0;
  for (int kind = 0; kind < kProblemKinds; ++kind)
    if (kRules[kind].severity == severity) sum += counts_[kind];
  return sum;
}

}  // namespace data
