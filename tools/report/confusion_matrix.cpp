#include "tools/report/confusion_matrix.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/report/frame.h"
#include "tools/report/html.h"

namespace report {
namespace {

constexpr size_t kLongestLabel = 15;  // letters beside the matrix
constexpr double kRoomForTwo = 38;    // side of a cell that shows share and count
constexpr double kRoomForOne = 24;    // side of a cell that shows one of them

// At most four letters.
std::string short_count(int64_t count) {
  constexpr int64_t kThousand = 1000, kMillion = 1000000;
  if (count < kThousand) return std::to_string(count);
  if (count < 10 * kThousand) return fmt::format("{:.1f}k", double(count / 100) / 10);
  if (count < kMillion) return fmt::format("{}k", count / kThousand);
  return fmt::format("{}M", count / kMillion);
}

// In percent. Only all boxes are shown as 100, and a cell with any box does not show 0.
std::string short_share(int64_t count, int64_t all) {
  const double percent = 100 * double(count) / double(all);
  if (percent < 0.5) return "<1";
  if (percent >= 99.5 && count < all) return ">99";
  return fmt::format("{:.0f}", percent);
}

class Matrix {
 public:
  Matrix(const Matched& m, std::vector<size_t> rows) : m_(m), rows_(std::move(rows)) {
    rows_.push_back(m.confusion.classes);
    const double count = double(rows_.size());
    side_ = std::clamp(460 / count, count > 42 ? 13. : kRoomForOne, 46.);
    const double names = name_room();
    frame_.left = names + 22;
    frame_.top = 0.87 * names + 24;  // they are slanted
    frame_.right = std::max(8., names / 2 - side_);
    frame_.bottom = 8;
    frame_.width = frame_.left + side_ * count + frame_.right;
    frame_.height = frame_.top + side_ * count + frame_.bottom;
  }

  std::string html() const {
    std::string svg = open_svg(frame_, "confusion matrix", true) + around();
    for (size_t i = 0; i < rows_.size(); ++i) svg += names(i);
    for (size_t i = 0; i < rows_.size(); ++i)
      for (size_t k = 0; k < rows_.size(); ++k) svg += cell(i, k);
    return choice() + "<div class=\"scroll whole\">" + svg + "</svg></div>\n";
  }

 private:
  bool shows_two() const { return side_ >= kRoomForTwo; }
  bool shows_one() const { return side_ >= kRoomForOne && !shows_two(); }
  double place(size_t i) const { return frame_.left + side_ * double(i); }
  double down(size_t i) const { return frame_.top + side_ * double(i); }

  // The room that the longest name beside the matrix needs.
  double name_room() const {
    constexpr double kLetter = 6.8;
    double longest = 0;
    for (size_t row : rows_)
      longest = std::max(
          longest,
          text_width(shortened(name_of_row(m_, row, "background"), kLongestLabel), kLetter));
    return 10 + longest;
  }

  // Two radio buttons, which style.css knows.
  std::string choice() const {
    if (!shows_one()) return {};
    return "<input type=\"radio\" name=\"matrix\" id=\"m-shares\" checked=\"checked\"/> "
           "<label for=\"m-shares\">shares in percent</label>\n"
           "<input type=\"radio\" name=\"matrix\" id=\"m-counts\"/> "
           "<label for=\"m-counts\">counts</label>\n";
  }

  // The empty cells, and what rows and columns are.
  std::string around() const {
    const double length = side_ * double(rows_.size()), middle = length / 2;
    std::string gaps;
    for (size_t i = 1; i < rows_.size(); ++i)
      gaps += fmt::format("M{0} {1}v{2}M{3} {4}h{2}", coordinate(place(i) - 0.5),
                          coordinate(frame_.top), coordinate(length), coordinate(frame_.left),
                          coordinate(down(i) - 0.5));
    return fmt::format(
               "<rect class=\"none\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/><path "
               "class=\"gaps\" d=\"{}\"/>\n",
               coordinate(frame_.left), coordinate(frame_.top), coordinate(length - 1),
               coordinate(length - 1), gaps) +
           svg_text(frame_.left + middle, 13, "tm", "detected as") +
           fmt::format(
               "<text class=\"tm\" transform=\"translate(11 {}) rotate(-90)\">object</text>\n",
               coordinate(frame_.top + middle));
  }

  std::string names(size_t i) const {
    const double middle = side_ / 2;
    const std::string kind = shows_one() || shows_two() ? "" : " small";
    return svg_text(frame_.left - 5, down(i) + middle + 3.5, "te" + kind,
                    shortened(name_of_row(m_, rows_[i], "background"), kLongestLabel)) +
           fmt::format(
               "<text class=\"ts{}\" transform=\"translate({} {}) rotate(-60)\">{}</text>\n", kind,
               coordinate(place(i) + middle + 3), coordinate(frame_.top - 6),
               escaped(shortened(name_of_row(m_, rows_[i], "missed"), kLongestLabel)));
  }

  std::string in_words(size_t i, size_t k, int64_t count, int64_t all) const {
    const size_t background = m_.confusion.classes;
    const std::string row = name_of_row(m_, rows_[i], "background");
    const std::string what = rows_[i] == background ? "detections without object" : "objects";
    const std::string as =
        rows_[k] == background ? "missed" : "detected as " + name_of_row(m_, rows_[k], "");
    return fmt::format("{}&#10;{}&#10;{} of {} {} ({})", escaped(row), escaped(as), grouped(count),
                       grouped(all), what, percent(double(count), double(all)));
  }

  std::string cell(size_t i, size_t k) const {
    const int64_t count = m_.confusion.at(rows_[i], rows_[k]);
    if (count == 0) return {};
    const int64_t all = m_.confusion.row_sum(rows_[i]);
    const double share = double(count) / double(all);
    return fmt::format(
               "<rect class=\"{}\" fill-opacity=\"{:.2f}\" x=\"{}\" y=\"{}\" width=\"{}\" "
               "height=\"{}\"><title>{}</title></rect>",
               rows_[i] == rows_[k] ? "good" : "bad", 0.12 + 0.88 * share, coordinate(place(k)),
               coordinate(down(i)), coordinate(side_ - 1), coordinate(side_ - 1),
               in_words(i, k, count, all)) +
           values(place(k) + side_ / 2, down(i) + side_ / 2 + 3.5, count, all) + "\n";
  }

  std::string values(double x, double y, int64_t count, int64_t all) const {
    const std::string kind = double(count) > 0.55 * double(all) ? "tm over" : "tm value";
    if (shows_two())
      return svg_text(x, y - 5, kind, short_share(count, all) + " %") +
             svg_text(x, y + 9, kind + " small", short_count(count));
    if (!shows_one()) return {};
    return svg_text(x, y, kind + " small share", short_share(count, all)) +
           svg_text(x, y, kind + " small count", short_count(count));
  }

  const Matched& m_;
  std::vector<size_t> rows_;  // the classes, and the background at the end
  double side_ = 0;
  Frame frame_;
};

}  // namespace

std::string name_of_row(const Matched& m, size_t row, const std::string& otherwise) {
  return row < m.confusion.classes ? m.of.truth.categories[row].name : otherwise;
}

std::string confusion_matrix(const Matched& m, const std::vector<size_t>& classes) {
  return Matrix(m, classes).html();
}

}  // namespace report
