#include "data/image/text.h"

#include <pango/pangocairo.h>

#include <atomic>

#include "engine/base/error.h"
#include "engine/base/room.h"

namespace data {

namespace {

constexpr int kMostCharacters = 200;

using Text = std::unique_ptr<char, decltype(&g_free)>;

// The libraries of fonts end the program if they get no memory or no thread. They ask for both when
// they first draw, and for less later, for other scripts and in other threads.
void require_room_for_letters() {
  static std::atomic<bool> drawn = false;
  const size_t room = size_t(drawn ? 64 : 128) << 20;
  if (!base::has_room(room) || !base::has_threads(1))
    base::fail(base::ExitCode::resources, "out of memory or threads: to draw letters takes up to ",
               room >> 20, " MiB and a thread");
  drawn = true;
}

// The same letters on every display: grey, their stems on whole pixels.
void choose_rendering(PangoContext* context) {
  cairo_font_options_t* options = cairo_font_options_create();
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_SLIGHT);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_ON);
  pango_cairo_context_set_font_options(context, options);
  cairo_font_options_destroy(options);
  pango_context_set_language(context, pango_language_from_string("en"));
}

}  // namespace

std::string showable(const std::string& name) {
  // A character has at most 4 bytes. With 4 bytes more, a character that is cut in two lies behind
  // those that are kept.
  const size_t bytes = std::min(name.size(), size_t(kMostCharacters) * 4 + 4);
  const Text valid(g_utf8_make_valid(name.data(), gssize(bytes)), &g_free);
  std::string text;
  const char* at = valid.get();
  for (int i = 0; i < kMostCharacters && *at; ++i) {
    const char* const end = g_utf8_next_char(at);
    if (g_unichar_iscntrl(g_utf8_get_char(at)))
      text += ' ';
    else
      text.append(at, end);
    at = end;
  }
  return text;
}

void TextPainter::Unref::operator()(void* object) const { g_object_unref(object); }

// Pango's default font map is one per thread.
TextPainter::TextPainter() {
  require_room_for_letters();
  context_.reset(pango_font_map_create_context(pango_cairo_font_map_get_default()));
  choose_rendering(context_.get());
}

std::unique_ptr<PangoLayout, TextPainter::Unref> TextPainter::layout(const std::string& text,
                                                                     int em) const {
  std::unique_ptr<PangoLayout, Unref> layout(pango_layout_new(context_.get()));
  PangoFontDescription* font = pango_font_description_from_string("DejaVu Sans,Sans");
  pango_font_description_set_absolute_size(font, double(em) * PANGO_SCALE);
  pango_layout_set_font_description(layout.get(), font);
  pango_font_description_free(font);
  pango_layout_set_single_paragraph_mode(layout.get(), true);
  pango_layout_set_text(layout.get(), text.data(), int(text.size()));
  return layout;
}

PixelSize TextPainter::measure(const std::string& text, int em) {
  auto [entry, added] = measured_.try_emplace({text, em});
  PixelSize& size = entry->second;
  if (added) pango_layout_get_pixel_size(layout(text, em).get(), &size.width, &size.height);
  return size;
}

void TextPainter::draw(cairo_t* cairo, const std::string& text, int em, const PixelArea& area,
                       Colour colour) {
  const auto line = layout(text, em);
  const PixelSize size = measure(text, em);
  if (size.width > area.width) {
    pango_layout_set_width(line.get(), area.width * PANGO_SCALE);
    pango_layout_set_ellipsize(line.get(), PANGO_ELLIPSIZE_END);
  }
  cairo_set_source_rgb(cairo, colour.red / 255.0, colour.green / 255.0, colour.blue / 255.0);
  cairo_move_to(cairo, area.left, area.top + (area.height - size.height) / 2);
  pango_cairo_show_layout(cairo, line.get());
}

}  // namespace data
