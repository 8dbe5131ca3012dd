// Draws lines of text in any script with Pango.
#pragma once
#include <map>
#include <memory>
#include <string>

#include "data/image/colour.h"
#include "data/image/label_layout.h"

struct _cairo;
struct _PangoContext;
struct _PangoLayout;

namespace data {

// Returns what can be shown of a name: its first 200 characters as UTF-8, with U+FFFD instead of
// invalid bytes and a space instead of each control character.
std::string showable(const std::string& name);

// One painter serves one thread; several threads use one each. A letter that no installed font has
// is drawn as a frame. Letters do not depend on the user's language or display.
class TextPainter {
 public:
  // Throws Error(resources) if there is so little memory, or so few threads are left, that the
  // libraries of fonts could end the program.
  TextPainter();

  // The size of a line whose letters have this size ("em"), in pixels.
  PixelSize measure(const std::string& text, int em);

  // Draws inside `area`, from its left side and centred vertically. A text that is too wide is
  // shortened with an ellipsis.
  void draw(_cairo* context, const std::string& text, int em, const PixelArea& area, Colour colour);

 private:
  struct Unref {
    void operator()(void* object) const;
  };
  std::unique_ptr<_PangoLayout, Unref> layout(const std::string& text, int em) const;

  std::unique_ptr<_PangoContext, Unref> context_;
  std::map<std::pair<std::string, int>, PixelSize> measured_;
};

}  // namespace data
