// The page of the documentation about fields of the original's configuration.
#pragma once
#include <string>

namespace config {

// Markdown: for each message and field of pipeline_messages(), what it becomes here.
std::string pipeline_markdown();

}  // namespace config
