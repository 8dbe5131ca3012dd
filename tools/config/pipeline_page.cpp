#include "tools/config/pipeline_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "tools/config/pipeline_fields.h"

namespace config {
namespace {

const char kHead[] = R"(# Fields of pipeline.config

Written by `ssdtrain --help-pipeline`; a test compares this page with the program.
[from_tensorflow.md](from_tensorflow.md) is about the original's programs and their options, and
[importing.md](importing.md#pipelineconfig) about `--from-pipeline`, which reads such a file.

Each table has the fields of one message. The second column says what a field becomes: a key of our
configuration, or the only value that exists here, or nothing, with the reason. If a field is absent
from a message that is there, it has the value of the third column, which is protobuf's default. If
the message itself is absent, its fields have no effect; a message that is needed has to be there. A
field or a message that stands in no table is refused with exit code 2, because this program cannot
honour it.
)";

std::string use_in_words(const PipelineField& field) {
  switch (field.use) {
    case PipelineField::sets:
      return fmt::format("`{}`", field.detail);
    case PipelineField::repeated:
      return fmt::format("`{}`, a list", field.detail);
    case PipelineField::is:
      return fmt::format("must be {}", field.detail);
    case PipelineField::ignored:
      return fmt::format("ignored: {}", field.detail);
    case PipelineField::special:
      return field.detail;
  }
  return "";
}

std::string absent_in_words(const PipelineField& field) {
  if (!field.absent) return "no effect";
  if (!*field.absent) return "refused";
  const bool exists = field.use != PipelineField::is || std::string(field.detail) == field.absent;
  return fmt::format("{}`{}`", exists ? "" : "refused, because it would be ", field.absent);
}

// The words in lines of at most 100 columns.
std::string wrapped(const std::string& words) {
  constexpr size_t kColumns = 100;
  std::string text;
  for (size_t begin = 0; begin < words.size();) {
    size_t end = words.size();
    if (end - begin > kColumns) {
      end = words.rfind(' ', begin + kColumns);
      if (end == words.npos || end <= begin) end = std::min(words.find(' ', begin), words.size());
    }
    text += words.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  return text;
}

std::string section(const PipelineMessage& message) {
  std::string text = fmt::format("\n## `{}`\n", message.path);
  std::string words = message.needed ? "It is needed." : "";
  if (*message.meaning) words += (words.empty() ? "" : " ") + std::string(message.meaning);
  if (!words.empty()) text += "\n" + wrapped(words);
  if (message.fields.empty()) return text + "\nIt has no fields here.\n";
  text += "\n| field | here | if it is absent |\n|---|---|---|\n";
  for (const PipelineField& field : message.fields)
    text += fmt::format("| `{}` | {} | {} |\n", field.name, use_in_words(field),
                        absent_in_words(field));
  return text;
}

}  // namespace

std::string pipeline_markdown() {
  std::string text = kHead;
  for (const PipelineMessage& message : pipeline_messages()) text += section(message);
  return text;
}

}  // namespace config
