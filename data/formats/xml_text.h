// Reads small XML files with pugixml, and refuses what could harm.
#pragma once
#include <pugixml.hpp>
#include <string>
#include <string_view>

namespace data {

// Parses a document in UTF-8, UTF-16, UTF-32 or Latin-1, as its byte order mark or its declaration
// says. Only XML's own five entities and numbers of characters are expanded; any other entity stays
// in the text as it is written. Zero bytes at the end are passed over. Throws Error(data), which
// begins with `where` and, in UTF-8 and Latin-1, the line, if the document is not well formed or
// has another encoding, if it has no elements or has text outside of them, if its document type
// declares anything, or if elements are nested more than 32 deep.
pugi::xml_document read_xml(std::string_view xml, const std::string& where);

// Finds the lines of elements in a document that read_xml made of this text.
struct XmlPlaces {
  std::string_view xml;
  const std::string& where;
  // "where:LINE"; `where` alone in UTF-16 and UTF-32. Takes a pass over the text.
  std::string of(pugi::xml_node element) const;
};

// The element's own text, without that of its children and without blanks around it.
std::string text_of(pugi::xml_node element);

}  // namespace data
