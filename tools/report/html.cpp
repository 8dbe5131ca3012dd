#include "tools/report/html.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/text.h"

namespace report {
namespace {

std::string head_of(const std::vector<Column>& columns) {
  std::string html = "<thead><tr>";
  for (const Column& column : columns)
    html +=
        fmt::format("<th{}>{}</th>", column.number ? " class=\"n\"" : "", escaped(column.title));
  return html + "</tr></thead>\n";
}

std::string row_of(const std::vector<Column>& columns, const std::vector<Cell>& cells) {
  std::string html = "<tr>";
  for (size_t i = 0; i < cells.size(); ++i) {
    const std::string key = cells[i].key.empty() ? "" : " data-k=\"" + escaped(cells[i].key) + "\"";
    html += fmt::format("<td{}{}>{}</td>", columns.at(i).number ? " class=\"n\"" : "", key,
                        escaped(cells[i].text, columns[i].most));
  }
  return html + "</tr>\n";
}

}  // namespace

std::string escaped(std::string_view text, size_t most) {
  std::string html;
  for (char c : base::printable(text, most)) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      case '\'':
        html += "&#39;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

std::string shortened(const std::string& name, size_t most) {
  std::string text = base::printable(name, most);
  constexpr std::string_view kDots = "...";
  if (base::letters(name) > most) text.replace(text.size() - kDots.size(), kDots.size(), "\u2026");
  return text;
}

Cell count_cell(int64_t count) { return {grouped(count), std::to_string(count)}; }

Cell metric_cell(double value) {
  return {metric(value), value < 0 ? "" : fmt::format("{}", value)};
}

Cell percent_cell(double part, double whole) {
  return {percent(part, whole), whole > 0 ? fmt::format("{}", part / whole) : ""};
}

std::string Table::html() const {
  std::string html;
  if (rows.size() > kMostRows)
    html += paragraph(fmt::format("The first {} of {} rows are shown.", grouped(kMostRows),
                                  grouped(int64_t(rows.size()))));
  if (filter)
    html +=
        "<input class=\"filter\" type=\"search\" placeholder=\"filter\" "
        "aria-label=\"filter\"/>";
  html += fmt::format("<div class=\"scroll\"><table{}>", sorts ? " class=\"sorts\"" : "");
  html += head_of(columns) + "<tbody>\n";
  for (size_t i = 0; i < std::min(rows.size(), kMostRows); ++i) html += row_of(columns, rows[i]);
  return html + "</tbody></table></div>\n";
}

std::string section(const std::string& id, const std::string& title, const std::string& body) {
  return fmt::format("<section id=\"{}\"><h2>{}</h2>\n{}</section>\n", id, escaped(title), body);
}

std::string paragraph(const std::string& text, const std::string& kind) {
  return fmt::format("<p{}>{}</p>\n", kind.empty() ? "" : " class=\"" + kind + "\"",
                     escaped(text, kLongestValue));
}

std::string warning(const std::string& text) { return paragraph(text, "warn"); }

std::string figure(const std::string& body, const std::string& caption, const std::string& kind) {
  return fmt::format("<figure{}>{}<figcaption>{}</figcaption></figure>\n",
                     kind.empty() ? "" : " class=\"" + kind + "\"", body, caption);
}

std::string grid(const std::string& figures, const std::string& kind) {
  return fmt::format("<div class=\"grid {}\">\n{}</div>\n", kind, figures);
}

std::string details(const std::string& summary, const std::string& body) {
  return fmt::format("<details><summary>{}</summary>\n{}</details>\n", escaped(summary), body);
}

std::string grouped(int64_t count) {
  std::string digits = std::to_string(count);
  for (int64_t i = int64_t(digits.size()) - 3; i > (count < 0 ? 1 : 0); i -= 3)
    digits.insert(size_t(i), ",");
  return digits;
}

std::string metric(double value) { return value < 0 ? "-" : fmt::format("{:.4f}", value); }

std::string shown(double value) { return fmt::format("{:.4g}", value); }

std::string percent(double part, double whole) {
  return whole > 0 ? fmt::format("{:.1f} %", 100 * part / whole) : "-";
}

}  // namespace report
