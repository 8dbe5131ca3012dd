// Small pieces of HTML. All of it is well-formed XML, too, so that a parser can check it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace report {

inline constexpr size_t kLongestName = 160;    // bytes that are shown of a name
inline constexpr size_t kLongestValue = 2000;  // and of other texts

// The text as HTML shows it. Names and paths come from files that nobody has checked, so what is
// markup is escaped, and control characters are made visible (base::printable). A text of more than
// `most` bytes is cut.
std::string escaped(std::string_view text, size_t most = kLongestName);

// The first letters of a name, with an ellipsis in place of the others. Not escaped.
std::string shortened(const std::string& name, size_t letters);

struct Column {
  std::string title;
  bool number = false;  // aligned to the right, and sorted as a number
};

// A cell's text, and the value by which it is sorted if it is not its text.
struct Cell {
  Cell(std::string shown_text, std::string sort_key = "")  // NOLINT: cells are made of texts
      : text(std::move(shown_text)), key(std::move(sort_key)) {}
  Cell(const char* shown_text) : text(shown_text) {}  // NOLINT
  std::string text, key;
};

// A table whose head sorts it, where JavaScript runs. Texts are escaped here.
struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
  bool filter = false;  // a field above the table leaves rows that contain its text
  std::string html() const;
};

// Escaped title, and HTML that the caller has escaped.
std::string section(const std::string& id, const std::string& title, const std::string& body);
std::string paragraph(const std::string& text, const std::string& kind = "");
// A plot or picture with what is written below it. `caption` is HTML.
std::string figure(const std::string& body, const std::string& caption,
                   const std::string& kind = "");
// Figures side by side, as many as there is room for.
std::string grid(const std::string& figures, const std::string& kind = "");
std::string details(const std::string& summary, const std::string& body);

// Numbers for people: 12,804; 0.1235; "-" for a metric of -1, which has no value.
std::string grouped(int64_t count);
std::string metric(double value);
// With four significant digits.
std::string shown(double value);
std::string percent(double part, double whole);

}  // namespace report
