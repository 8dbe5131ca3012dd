// The texts in a small XML file, by the path of their element. Enough for annotation files: no
// namespaces, no document types beyond skipping them, no external entities ever.
#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace data {

// Calls open(path) when an element begins and text(path, trimmed text) when one without children
// ends; paths look like "annotation/object/name". Depth up to 32. `where` stands in front of
// messages. Error (data), with the line: tags that do not match, unknown entities, cut off file.
struct XmlHandler {
  std::function<void(const std::string& path)> open;
  std::function<void(const std::string& path, const std::string& text)> text;
};
void read_xml(std::string_view xml, const std::string& where, const XmlHandler& handler);

std::string escaped_xml(const std::string& text);

}  // namespace data
