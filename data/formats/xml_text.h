// Small XML files, read by pugixml within bounds.
#pragma once
#include <pugixml.hpp>
#include <string>
#include <string_view>

namespace data {

// The document in these bytes: UTF-8, UTF-16, UTF-32 or Latin-1, as its byte order mark or its
// declaration says. Elements are nested up to 32 deep. Only the five entities of XML itself and
// numbers of characters are expanded; any other stays in the text as it is written. Error (data)
// with `where` and, in UTF-8 and Latin-1, the line: not well formed, no elements, text outside of
// all elements, a document type that declares something, nested too deep; and any other encoding.
pugi::xml_document read_xml(std::string_view xml, const std::string& where);

// The element's own text, with none of its children's, without blanks around it.
std::string text_of(pugi::xml_node element);

}  // namespace data
