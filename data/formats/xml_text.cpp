#include "data/formats/xml_text.h"

#include <cstddef>

#include "data/formats/lines.h"
#include "engine/base/error.h"
#include "engine/base/text.h"

namespace data {
namespace {

constexpr int kDeepest = 32;
constexpr unsigned kParse = pugi::parse_default | pugi::parse_trim_pcdata | pugi::parse_fragment |
                            pugi::parse_doctype;  // the last two are set to see what to refuse

// Finds the first element that is nested too deep.
struct DepthCheck : pugi::xml_tree_walker {
  bool for_each(pugi::xml_node& node) override {
    if (node.type() != pugi::node_element || depth() < kDeepest) return true;
    too_deep = node;
    return false;
  }
  pugi::xml_node too_deep;
};

// What is wrong, for those faults that the library finds.
const char* in_words(pugi::xml_parse_status status) {
  switch (status) {
    case pugi::status_bad_start_element:
    case pugi::status_unrecognized_tag:
      return "expected the name of an element behind <; write a < in a text as &lt;";
    case pugi::status_bad_end_element:
      return "expected the name of an element and > behind </";
    case pugi::status_end_element_mismatch:
      return "an element without its end </...>; is the file cut off?";
    case pugi::status_bad_attribute:
      return "expected name=\"value\" in a tag";
    case pugi::status_bad_comment:
      return "a comment without its -->";
    case pugi::status_bad_cdata:
      return "a <![CDATA[ without its ]]>";
    case pugi::status_bad_pi:
      return "a <? without its ?>";
    default:
      return "the text is cut off, or is no XML";
  }
}

// Whether the text ends behind a < that has no >.
bool ends_in_tag(std::string_view xml) {
  const size_t open = xml.rfind('<'), close = xml.rfind('>');
  return open != xml.npos && (close == xml.npos || close < open);
}

bool is_wide(pugi::xml_encoding encoding) {
  return encoding != pugi::encoding_utf8 && encoding != pugi::encoding_latin1;
}

// What is wrong with a text that the library cannot parse.
std::string fault_in_words(std::string_view xml, const pugi::xml_parse_result& result) {
  const bool of_tags = result.status == pugi::status_bad_start_element ||
                       result.status == pugi::status_unrecognized_tag ||
                       result.status == pugi::status_bad_end_element ||
                       result.status == pugi::status_bad_attribute ||
                       result.status == pugi::status_end_element_mismatch;
  const bool half_letter = is_wide(result.encoding) && xml.size() % 2 != 0;
  return base::concatenate("no valid XML: ",
                           half_letter ? "the text ends within a letter; copy the file again"
                           : of_tags && ends_in_tag(xml)
                               ? "the text ends within a tag; copy or export the file again"
                               : in_words(result.status),
                           " (", result.description(), ")");
}

// The line of an offset as ":LINE". The offset is that in pugixml's copy of the text, which is
// UTF-8. Empty for encodings for which the line cannot be found from that.
std::string line_of(std::string_view xml, pugi::xml_encoding encoding, std::ptrdiff_t offset) {
  const bool latin1 = encoding == pugi::encoding_latin1;
  if (is_wide(encoding)) return "";
  size_t line = 1;
  for (unsigned char c : xml) {
    offset -= latin1 && c >= 0x80 ? 2 : 1;
    if (offset < 0) break;
    line += c == '\n';
  }
  return ":" + std::to_string(line);
}

}  // namespace

pugi::xml_document read_xml(std::string_view xml, const std::string& where) {
  if (const std::string nothing = nothing_in_words(xml); !nothing.empty())
    base::fail(base::ExitCode::data, where, ": ", nothing, ", expected XML");
  if (wide_encoding(xml).empty()) xml = xml.substr(0, xml.find_last_not_of('\0') + 1);
  pugi::xml_document document;
  // Text that is UTF-8 is read as UTF-8, whatever it declares.
  const bool utf8 = wide_encoding(xml).empty() && base::is_utf8(xml);
  const pugi::xml_parse_result result = document.load_buffer(
      xml.data(), xml.size(), kParse, utf8 ? pugi::encoding_utf8 : pugi::encoding_auto);
  auto refuse = [&](std::ptrdiff_t offset, const std::string& what) {
    base::fail(base::ExitCode::data, where, line_of(xml, result.encoding, offset), ": ", what);
  };
  if (result.encoding == pugi::encoding_utf8 && !base::is_utf8(xml))
    base::fail(base::ExitCode::data, where,
               ": the file is not UTF-8, and declares no other encoding that is read (such as ",
               "UTF-16, ISO-8859-1, windows-1251 or GBK): save it as UTF-8");
  if (const size_t zero = xml.find('\0'); zero != xml.npos && !is_wide(result.encoding))
    refuse(std::ptrdiff_t(zero),
           "a zero byte, which no text has: save the file as UTF-8, if it is in UTF-16");
  if (const int line = merge_conflict_line(xml); !result && line > 0)
    base::fail(base::ExitCode::data, where, ":", line, ": no valid XML: ", kMergeConflict);
  if (!result) refuse(result.offset, fault_in_words(xml, result));
  for (pugi::xml_node node : document.children()) {
    if (node.type() == pugi::node_doctype &&
        std::string_view(node.value()).find('[') != std::string::npos)
      refuse(node.offset_debug(), "document types that declare something are not supported");
    if (node.type() == pugi::node_pcdata || node.type() == pugi::node_cdata)
      refuse(node.offset_debug(), "text outside of all elements; is this an XML file?");
  }
  if (!document.document_element()) refuse(std::ptrdiff_t(xml.size()), "no XML elements");
  DepthCheck check;
  document.traverse(check);
  if (check.too_deep) refuse(check.too_deep.offset_debug(), "elements nested deeper than 32");
  return document;
}

std::string XmlPlaces::of(pugi::xml_node element) const {
  const bool wide = xml.substr(0, 4).find('\0') != xml.npos || xml.starts_with("\xff\xfe") ||
                    xml.starts_with("\xfe\xff");
  if (wide) return where;
  const auto encoding = base::is_utf8(xml) ? pugi::encoding_utf8 : pugi::encoding_latin1;
  return where + line_of(xml, encoding, element.offset_debug());
}

std::string text_of(pugi::xml_node element) {
  std::string text;
  for (pugi::xml_node part : element.children())
    if (part.type() == pugi::node_pcdata || part.type() == pugi::node_cdata) text += part.value();
  return text;
}

}  // namespace data
