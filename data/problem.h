// The problems that a data set can have, and a list that collects them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"

namespace data {

enum class Severity { info, warning, error };

enum class ProblemKind {
  // Of annotations. They are found while the file is read, and the entry is left out.
  bad_image,
  bad_annotation,
  bad_category,
  bad_label_file,
  bad_record,
  duplicate_image_id,
  duplicate_annotation_id,
  duplicate_category_id,
  orphan_annotation,
  unknown_category,
  contradictory_class,
  unsafe_file_name,
  // Of boxes and names.
  non_finite_box,
  look_like_corners,
  may_be_corners,
  may_be_small,
  look_like_unit,
  look_like_other_order,
  look_like_1000,
  negative_box,
  zero_box,
  tiny_box,
  box_outside,
  box_overshoots,
  box_rounds_over,
  uncounted_area,
  odd_area,
  duplicate_box,
  id_zero,
  id_gap,
  crowd,
  image_without_boxes,
  empty_class,
  too_many_classes,
  no_category,
  no_box,
  no_trained_box,
  all_past_border,
  duplicate_category_name,
  alike_category_names,
  duplicate_file_name,
  invalid_utf8,
  // Of image files.
  missing_file,
  outside_folder,
  unreadable_image,
  size_mismatch,
  exif_rotated,
  exif_ignored,
  stored_frame,
  unclear_frame,
  png_named_jpeg,
  several_pictures,
  dark_sixteen_bits,
  sixteen_bits,
  one_colour,
  same_picture,
  repeated_picture,
  transparent,
  grayscale,
  cmyk,
};
inline constexpr int kProblemKinds = static_cast<int>(ProblemKind::cmyk) + 1;

struct ProblemRule {
  std::string_view name;  // in reports, such as "zero_box"
  Severity severity;
  std::string_view meaning;  // what it does to training
};
const ProblemRule& rule_of(ProblemKind kind);
std::string_view name_of(Severity severity);  // "info", "warning" or "error"

struct Problem {
  ProblemKind kind;
  std::string where;           // image file or position in the annotation file
  int64_t annotation_id = -1;  // if has_annotation
  bool has_annotation = false;
  std::string text;  // what is wrong, with the numbers
};

// Makes a problem from the text of an error. If the text begins with `where`, or with a position in
// it such as "where:LINE", this beginning becomes Problem::where.
Problem problem_at(ProblemKind kind, const std::string& where, std::string text);

class Problems;
// Adds the problem. If nobody collects problems (null), throws Error(data), "where: text".
void report(Problems*, ProblemKind kind, const std::string& where, const std::string& text);

// Counts all problems, but keeps only the first ones of each kind.
class Problems {
 public:
  explicit Problems(size_t kept_per_kind = 100'000) : kept_per_kind_(kept_per_kind) {}

  void add(Problem problem);
  void add(const Problems& more);
  int64_t count(ProblemKind kind) const { return counts_[static_cast<int>(kind)]; }
  int64_t count(Severity severity) const;
  const std::vector<Problem>& kept() const { return kept_; }  // in the order found

 private:
  size_t kept_per_kind_;
  int64_t counts_[kProblemKinds] = {};
  std::vector<Problem> kept_;
};

// Calls `take`, and reports the Error(data) that it throws, if any. Returns whether there was none.
template <class Take>
bool take_or_report(Problems* problems, ProblemKind kind, const std::string& where, Take take) {
  try {
    take();
    return true;
  } catch (const base::Error& error) {
    if (!problems || error.code() != base::ExitCode::data) throw;
    problems->add(problem_at(kind, where, error.what()));
    return false;
  }
}

}  // namespace data
