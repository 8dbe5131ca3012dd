// Small pieces of HTML. All of it is well-formed XML, too, so that a parser can check it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace report {

inline constexpr size_t kLongestName = 160;    // letters of a name that are shown
inline constexpr size_t kLongestValue = 2000;  // letters of other texts that are shown
inline constexpr size_t kMostRows = 1000;      // rows of a table that are shown

// The text as HTML shows it. Names and paths come from files that nobody has checked, so what is
// markup is escaped, and control characters are made visible (base::printable). A text of more than
// `most` letters is cut.
std::string escaped(std::string_view text, size_t most = kLongestName);

// The first `most` letters of a name, with an ellipsis instead of the others. It is not escaped.
std::string shortened(const std::string& name, size_t most);

struct Column {
  std::string title;
  bool number = false;         // aligned to the right, and sorted as numbers
  size_t most = kLongestName;  // letters of a cell that are shown
};

// A cell's text, and the value by which it is sorted if that is not its text. An empty cell and "-"
// come last, whichever way a column is sorted.
struct Cell {
  Cell(std::string shown_text, std::string sort_key = "")  // NOLINT: cells are made of texts
      : text(std::move(shown_text)), key(std::move(sort_key)) {}
  Cell(const char* shown_text) : text(shown_text) {}  // NOLINT
  std::string text, key;
};

// These cells show a number as the functions below do, and are sorted by its exact value.
Cell count_cell(int64_t count);
Cell metric_cell(double value);
Cell percent_cell(double part, double whole);

// A table escapes its texts. If it has more than kMostRows rows, it shows the first, and says so.
struct Table {
  std::vector<Column> columns;
  std::vector<std::vector<Cell>> rows;
  bool filter = false;  // a field above the table, which hides rows that lack its text
  bool sorts = true;    // a click on a column's head sorts the rows, where JavaScript runs
  std::string html() const;
};

// `title` and `text` are escaped here; `body` is HTML.
std::string section(const std::string& id, const std::string& title, const std::string& body);
std::string paragraph(const std::string& text, const std::string& kind = "");
// A line that a reader must not miss: something is missing or wrong.
std::string warning(const std::string& text);
// A plot or picture, and the text below it. `caption` is HTML.
std::string figure(const std::string& body, const std::string& caption,
                   const std::string& kind = "");
// Puts as many figures side by side as there is room for.
std::string grid(const std::string& figures, const std::string& kind = "");
std::string details(const std::string& summary, const std::string& body);

// Numbers for people: 12,804; 0.1235; "-" for a metric of -1, which has no value.
std::string grouped(int64_t count);
std::string metric(double value);
// With four significant digits.
std::string shown(double value);
std::string percent(double part, double whole);

}  // namespace report
