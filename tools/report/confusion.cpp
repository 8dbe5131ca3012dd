#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "tools/report/confusion_matrix.h"
#include "tools/report/html.h"

namespace report {
namespace {

constexpr size_t kMostMistakes = 50;  // rows of the table

struct Mistake {
  size_t truth = 0, detected = 0;  // the number of classes is the background, or a missed object
  int64_t count = 0;
};

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
  if (all.size() <= kMostMatrixClasses) return all;
  std::vector<int64_t> mistakes(confusion.classes + 1);
  for (const Mistake& mistake : mistakes_of(confusion)) {
    mistakes[mistake.truth] += mistake.count;
    mistakes[mistake.detected] += mistake.count;
  }
  std::stable_sort(all.begin(), all.end(),
                   [&](size_t a, size_t b) { return mistakes[a] > mistakes[b]; });
  all.resize(kMostMatrixClasses);
  std::sort(all.begin(), all.end());
  return all;
}

std::string mistakes_table(const Matched& m) {
  Table table{.columns = {{"object"}, {"detected as"}, {"boxes", true}, {"share of row", true}}};
  const std::vector<Mistake> mistakes = mistakes_of(m.confusion);
  for (size_t i = 0; i < std::min(mistakes.size(), kMostMistakes); ++i) {
    const Mistake& mistake = mistakes[i];
    table.rows.push_back(
        {name_of_row(m, mistake.truth, "(background)"),
         name_of_row(m, mistake.detected, "(missed)"), count_cell(mistake.count),
         percent_cell(double(mistake.count), double(m.confusion.row_sum(mistake.truth)))});
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
      "A row shows what the objects of a class were detected as, at IoU {} and a score of at least "
      "{:.2f}, in percent of these objects. The column \"missed\" has the objects that nothing "
      "found. The row \"background\" has the detections where there is no object, in percent of "
      "these detections. The stronger a colour, the larger the share of its row. A cell shows its "
      "numbers when the mouse is over it.",
      m.of.rule.iou, m.best.score);
  if (m.confusion.classes > kMostMatrixClasses)
    words += fmt::format(" Of {} classes, the {} with the most mistakes are shown.",
                         m.confusion.classes, kMostMatrixClasses);
  return section(
      "confusion", "Confusion matrix",
      paragraph(words) + confusion_matrix(m, chosen_classes(m.confusion)) + mistakes_table(m));
}

}  // namespace report
