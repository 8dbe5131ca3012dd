#include "data/xml_text.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "engine/error.h"

namespace data {
namespace {

constexpr size_t kDeepest = 32;
constexpr std::pair<std::string_view, char> kEntities[] = {
    {"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
constexpr std::string_view kBlanks = " \t\r\n";

std::string trimmed(const std::string& text) {
  size_t first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return "";
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

class XmlParser {
 public:
  XmlParser(std::string_view xml, const std::string& where, const XmlHandler& handler)
      : xml_(xml), where_(where), handler_(handler) {
    if (xml_.starts_with("\xef\xbb\xbf")) at_ = 3;
  }

  void parse() {
    while (at_ < xml_.size()) {
      if (xml_[at_] == '<') {
        parse_markup();
      } else {
        parse_text();
      }
    }
    if (!starts_.empty()) refuse("the file ends inside <" + path_ + ">");
    if (!has_root_) refuse("no XML elements");
  }

 private:
  void parse_markup() {
    if (skip_between("<!--", "-->") || skip_between("<?", "?>")) return;
    if (starts_with("<!")) {
      if (starts_with("<!ENTITY") ||
          xml_.substr(at_, 512).find('[') < xml_.substr(at_, 512).find('>'))
        refuse("document types and CDATA are not supported");
      skip_between("<!", ">");
      return;
    }
    size_t end = xml_.find('>', at_);
    if (end == xml_.npos) refuse("a tag that is not closed");
    std::string_view tag = xml_.substr(at_ + 1, end - at_ - 1);
    bool closes = tag.starts_with("/"), empty = tag.ends_with("/");
    if (closes) tag.remove_prefix(1);
    std::string_view name = tag.substr(0, tag.find_first_of(" \t\r\n/"));
    if (name.empty() || name.size() > 255) refuse("a tag without a usable name");
    if (closes)
      close(name);
    else
      open(name);
    if (empty) close(name);
    at_ = end + 1;
  }

  void open(std::string_view name) {
    if (starts_.size() >= kDeepest) refuse("elements nested deeper than 32");
    starts_.push_back(path_.size());
    path_ += path_.empty() ? "" : "/";
    path_ += name;
    text_.clear();
    leaf_ = has_root_ = true;
    if (handler_.open) handler_.open(path_);
  }

  void close(std::string_view name) {
    if (starts_.empty()) refuse("a closing tag too many: </" + std::string(name) + ">");
    size_t start = starts_.back() + (starts_.back() ? 1 : 0);
    if (std::string_view(path_).substr(start) != name)
      refuse("<" + path_.substr(start) + "> is closed by </" + std::string(name) + ">");
    if (leaf_ && handler_.text) handler_.text(path_, trimmed(text_));
    leaf_ = false;
    path_.resize(starts_.back());
    starts_.pop_back();
  }

  void parse_text() {
    size_t end = std::min(xml_.find('<', at_), xml_.size());
    if (starts_.empty()) {
      if (xml_.substr(at_, end - at_).find_first_not_of(kBlanks) != xml_.npos)
        refuse("text outside of all elements; is this an XML file?");
      at_ = end;
    }
    while (at_ < end) {
      if (xml_[at_] == '&')
        add_entity();
      else
        text_ += xml_[at_++];
    }
  }

  void add_entity() {
    size_t end = xml_.substr(at_, 12).find(';');
    if (end != xml_.npos) {
      std::string_view name = xml_.substr(at_ + 1, end - 1);
      for (auto [known, meaning] : kEntities) {
        if (known != name) continue;
        text_ += meaning;
        at_ += end + 1;
        return;
      }
    }
    refuse("an unknown entity");
  }

  bool starts_with(std::string_view start) const { return xml_.substr(at_).starts_with(start); }

  bool skip_between(std::string_view start, std::string_view end) {
    if (!starts_with(start)) return false;
    size_t found = xml_.find(end, at_ + start.size());
    if (found == xml_.npos) refuse("\"" + std::string(start) + "\" is not closed");
    at_ = found + end.size();
    return true;
  }

  [[noreturn]] void refuse(const std::string& what) const {
    auto line = 1 + std::count(xml_.begin(), xml_.begin() + static_cast<std::ptrdiff_t>(at_), '\n');
    engine::fail(engine::ExitCode::data, where_, ":", line, ": ", what);
  }

  std::string_view xml_;
  const std::string& where_;
  const XmlHandler& handler_;
  size_t at_ = 0;
  std::string path_, text_;
  std::vector<size_t> starts_;  // length of path_ before each open element
  bool has_root_ = false;
  bool leaf_ = false;  // nothing has been closed since the last opening
};

}  // namespace

void read_xml(std::string_view xml, const std::string& where, const XmlHandler& handler) {
  XmlParser(xml, where, handler).parse();
}

std::string escaped_xml(const std::string& text) {
  std::string out;
  for (char c : text) {
    auto at = std::find_if(std::begin(kEntities), std::end(kEntities),
                           [c](const auto& entity) { return entity.second == c; });
    if (at == std::end(kEntities))
      out += c;
    else
      out += "&" + std::string(at->first) + ";";
  }
  return out;
}

}  // namespace data
