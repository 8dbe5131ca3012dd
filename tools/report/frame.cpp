#include "tools/report/frame.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/text.h"
#include "tools/report/html.h"

namespace report {

double text_width(const std::string& text, double letter) {
  const auto starts_wide = [](char c) {  // the first byte of a letter's UTF-8
    const auto byte = static_cast<unsigned char>(c);
    return byte >= 0xe3 && byte != 0xff;
  };
  const auto wide = std::count_if(text.begin(), text.end(), starts_wide);
  return letter * double(base::letters(text) + size_t(wide));
}

std::string open_svg(const Frame& frame, const std::string& title, bool legible) {
  constexpr double kLeast = 0.8, kMost = 1.3;  // parts of its own size
  std::string style;
  if (legible)
    style = fmt::format(" style=\"min-width:{:.0f}px;max-width:{:.0f}px\"", kLeast * frame.width,
                        kMost * frame.width);
  return fmt::format("<svg{} viewBox=\"0 0 {} {}\" role=\"img\" aria-label=\"{}\">\n", style,
                     coordinate(frame.width), coordinate(frame.height), escaped(title));
}

std::string svg_text(double x, double y, const std::string& kind, const std::string& text) {
  return fmt::format("<text x=\"{}\" y=\"{}\" class=\"{}\">{}</text>", coordinate(x), coordinate(y),
                     kind, escaped(text));
}

std::string draw_y_axis(const Frame& frame, const Axis& axis, const std::string& title) {
  std::string svg;
  for (double tick : axis.ticks) {
    const double y = axis.at(tick);
    svg += fmt::format("<path class=\"tick\" d=\"M{} {}H{}\"/>", coordinate(frame.left),
                       coordinate(y), coordinate(frame.x_end()));
    svg += svg_text(frame.left - 5, y + 3.5, "te", tick_text(tick));
  }
  if (!title.empty())
    svg += fmt::format("<text class=\"tm\" transform=\"translate(11 {}) rotate(-90)\">{}</text>",
                       coordinate((frame.top + frame.y_end()) / 2), escaped(title));
  return svg + "\n";
}

std::string draw_x_axis(const Frame& frame, const Axis& axis, const std::string& title) {
  std::string svg = fmt::format("<path class=\"axis\" d=\"M{} {}H{}\"/>", coordinate(frame.left),
                                coordinate(frame.y_end()), coordinate(frame.x_end()));
  for (double tick : axis.ticks) {
    const double x = axis.at(tick);
    svg += fmt::format("<path class=\"axis\" d=\"M{} {}v4\"/>", coordinate(x),
                       coordinate(frame.y_end()));
    svg += svg_text(x, frame.y_end() + 15, "tm", tick_text(tick));
  }
  if (!title.empty())
    svg += svg_text((frame.left + frame.x_end()) / 2, frame.height - 6, "tm", title);
  return svg + "\n";
}

std::string legend(const std::vector<std::pair<std::string, std::string>>& names_and_colours) {
  std::string html = "<div class=\"legend\">";
  for (const auto& [name, colour] : names_and_colours)
    html += fmt::format("<span><i class=\"{}\"></i>{}</span>", colour, escaped(name));
  return html + "</div>\n";
}

}  // namespace report
