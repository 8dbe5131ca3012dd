// Lines of text in any script, shaped and drawn by Pango.
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

// What can be shown of a name: UTF-8 with U+FFFD in place of invalid bytes and a space in place of
// each control character; its first 200 characters.
std::string showable(const std::string& name);

// For one thread; different threads may use different ones at the same time. A letter that no
// installed font has is drawn as a frame. Letters do not depend on the user's language or display.
class TextPainter {
 public:
  TextPainter();

  // Of a line with letters of this size ("em"), in pixels.
  PixelSize measure(const std::string& text, int em);

  // Inside `area`: from its left side, centred vertically; shortened with an ellipsis when it is
  // wider.
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
