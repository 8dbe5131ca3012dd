#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tools/report/evaluation.h"
#include "tools/report/frame.h"
#include "tools/report/html.h"

namespace report {
namespace {

constexpr size_t kMostClasses = 40;   // rows and columns of the matrix
constexpr size_t kMostMistakes = 50;  // rows of the table
constexpr size_t kLongestLabel = 15;  // letters beside the matrix

struct Mistake {
  size_t truth = 0, detected = 0;  // the number of classes is the background, or a missed object
  int64_t count = 0;
};

std::string name_of(const Matched& m, size_t row, const char* otherwise) {
  return row < m.confusion.classes ? m.of.truth.categories[row].name : otherwise;
}

int64_t objects_of(const data::Confusion& confusion, size_t row) {
  const auto first = confusion.counts.begin() + int64_t(row * (confusion.classes + 1));
  return std::accumulate(first, first + int64_t(confusion.classes + 1), int64_t(0));
}

std::vector<Mistake> mistakes_of(const data::Confusion& confusion) {
  std::vector<Mistake> mistakes;
  for (size_t row = 0; row <= confusion.classes; ++row)
    for (size_t column = 0; column <= confusion.classes; ++column)
      if (row != column && confusion.at(row, column) > 0)
        mistakes.push_back({row, column, confusion.at(row, column)});
  std::stable_sort(mistakes.begin(), mistakes.end(),
                   [](const Mistake& a, const Mistake& b) { return a.count > b.count; });
  return mistakes;
}

// The classes of the matrix, in their order: all, or those with the most mistakes.
std::vector<size_t> chosen_classes(const data::Confusion& confusion) {
  std::vector<size_t> all(confusion.classes);
  std::iota(all.begin(), all.end(), size_t(0));
  if (all.size() <= kMostClasses) return all;
  std::vector<int64_t> mistakes(confusion.classes + 1);
  for (const Mistake& mistake : mistakes_of(confusion)) {
    mistakes[mistake.truth] += mistake.count;
    mistakes[mistake.detected] += mistake.count;
  }
  std::stable_sort(all.begin(), all.end(),
                   [&](size_t a, size_t b) { return mistakes[a] > mistakes[b]; });
  all.resize(kMostClasses);
  std::sort(all.begin(), all.end());
  return all;
}

class Matrix {
 public:
  explicit Matrix(const Matched& m) : m_(m), rows_(chosen_classes(m.confusion)) {
    rows_.push_back(m.confusion.classes);
    side_ = std::clamp(420. / double(rows_.size()), 13., 46.);
    frame_.left = frame_.top = name_room();
    frame_.right = frame_.bottom = 8;
    frame_.width = frame_.left + side_ * double(rows_.size()) + frame_.right;
    frame_.height = frame_.top + side_ * double(rows_.size()) + frame_.bottom;
  }

  std::string html() const {
    std::string svg = open_svg(frame_, "confusion matrix");
    // In a wide window it grows to 1.3 times its own size, and no more.
    svg.replace(4, 0, fmt::format(" style=\"max-width:{}px\"", coordinate(frame_.width * 1.3)));
    for (size_t i = 0; i < rows_.size(); ++i) svg += names(i);
    for (size_t i = 0; i < rows_.size(); ++i)
      for (size_t k = 0; k < rows_.size(); ++k) svg += cell(i, k);
    return svg + "</svg>\n";
  }

 private:
  // The room that the longest name beside the matrix needs.
  double name_room() const {
    constexpr double kLetter = 6.8;
    double longest = 0;
    for (size_t row : rows_)
      longest = std::max(
          longest, text_width(shortened(name_of(m_, row, "background"), kLongestLabel), kLetter));
    return 10 + longest;
  }

  double place(size_t i) const { return frame_.left + side_ * double(i); }

  std::string names(size_t i) const {
    const double middle = place(i) + side_ / 2;
    return svg_text(frame_.left - 5, middle + 3.5, "te",
                    shortened(name_of(m_, rows_[i], "background"), kLongestLabel)) +
           fmt::format("<text class=\"ts\" transform=\"translate({} {}) rotate(-60)\">{}</text>\n",
                       coordinate(middle + 3), coordinate(frame_.top - 6),
                       escaped(shortened(name_of(m_, rows_[i], "missed"), kLongestLabel)));
  }

  std::string cell(size_t i, size_t k) const {
    const int64_t count = m_.confusion.at(rows_[i], rows_[k]);
    const bool corner = rows_[i] == rows_[k] && rows_[i] == m_.confusion.classes;
    const std::string box =
        fmt::format("x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"", coordinate(place(k)),
                    coordinate(place(i)), coordinate(side_ - 1), coordinate(side_ - 1));
    if (count == 0 || corner) return fmt::format("<rect class=\"none\" {}/>\n", box);
    const int64_t objects = objects_of(m_.confusion, rows_[i]);
    const double share = double(count) / double(objects);
    std::string svg = fmt::format(
        "<rect class=\"{}\" fill-opacity=\"{:.2f}\" {}><title>{} of {} ({}): {}&#10;detected as: "
        "{}</title></rect>",
        rows_[i] == rows_[k] ? "good" : "bad", 0.12 + 0.88 * share, box, count, objects,
        percent(double(count), double(objects)), escaped(name_of(m_, rows_[i], "background")),
        escaped(name_of(m_, rows_[k], "missed")));
    if (side_ >= 22)
      svg += svg_text(place(k) + side_ / 2, place(i) + side_ / 2 + 3.5,
                      share > 0.55 ? "tm over" : "tm", tick_text(double(count)));
    return svg + "\n";
  }

  const Matched& m_;
  std::vector<size_t> rows_;  // the classes, and the background at the end
  double side_ = 0;
  Frame frame_;
};

std::string mistakes_table(const Matched& m) {
  Table table{.columns = {{"object"}, {"detected as"}, {"boxes", true}, {"share of row", true}}};
  const std::vector<Mistake> mistakes = mistakes_of(m.confusion);
  for (size_t i = 0; i < std::min(mistakes.size(), kMostMistakes); ++i) {
    const Mistake& mistake = mistakes[i];
    table.rows.push_back(
        {name_of(m, mistake.truth, "(background)"), name_of(m, mistake.detected, "(missed)"),
         count_cell(mistake.count),
         percent_cell(double(mistake.count), double(objects_of(m.confusion, mistake.truth)))});
  }
  std::string words;
  if (mistakes.size() > kMostMistakes)
    words = paragraph(
        fmt::format("The {} most frequent of {} are shown.", kMostMistakes, mistakes.size()));
  return details("The most frequent mistakes as a table", words + table.html());
}

}  // namespace

std::string confusion_section(const Matched& m) {
  std::string words = fmt::format(
      "Rows are the objects' classes, columns what was detected, at IoU {} and a score of at least "
      "{:.2f}. The last column counts the objects that were missed, and the last row the "
      "detections where there is no object. The stronger a colour, the larger the share of its "
      "row.",
      m.of.rule.iou, m.best.score);
  if (m.confusion.classes > kMostClasses)
    words += fmt::format(" Of {} classes, the {} with the most mistakes are shown.",
                         m.confusion.classes, kMostClasses);
  return section("confusion", "Confusion matrix",
                 paragraph(words) + "<div class=\"scroll\">" + Matrix(m).html() + "</div>" +
                     mistakes_table(m));
}

}  // namespace report
