// Each class has a colour, in which its boxes are drawn.
#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace data {

struct Colour {
  uint8_t red = 0, green = 0, blue = 0;
  friend bool operator==(const Colour&, const Colour&) = default;
};

// The colours for the classes of one data set or model. They follow from the set of names alone, so
// the classes of a data set look alike in pictures of its labels, of training and of detections,
// whatever the order of the classes is. Up to 20 classes get colours that are easy to tell apart,
// up to 100 get different ones.
class ClassColours {
 public:
  explicit ClassColours(std::vector<std::string> names);

  // A name that was not among them gets the colour that it would have alone.
  Colour of(const std::string& name) const;

 private:
  std::map<std::string, Colour> colours_;
};

// The contrast ratio of WCAG 2.1 (https://www.w3.org/TR/WCAG21/#dfn-contrast-ratio), 1 to 21.
double contrast(Colour, Colour);

// Returns black or white, whichever has more contrast with the background. It is at least 4.5.
Colour readable_on(Colour background);

}  // namespace data
