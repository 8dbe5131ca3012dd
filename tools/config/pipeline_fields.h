// What becomes of each field of the original's configuration (pipeline.config of TensorFlow's
// Object Detection API).
#pragma once
#include <string>
#include <vector>

namespace config {

struct PipelineField {
  enum Use {
    sets,      // becomes the key `detail` of our configuration
    is,        // must have the value `detail`, because nothing else exists here
    ignored,   // changes nothing here, for the reason `detail`
    repeated,  // becomes a part of the list `detail`; may be given several times
    special    // is handled in pipeline_keys.cpp, as `detail` says for the documentation
  };
  const char* name;
  Use use;
  const char* detail = "";
  // The value that an absent field has if its message is there. If this is null, an absent field is
  // skipped. If it is an empty text, the field must be given.
  const char* absent = nullptr;
};

struct PipelineMessage {
  std::string path;  // such as "model.ssd.loss"
  bool needed;       // whether it must be there, because nothing else exists here
  std::vector<PipelineField> fields;
  const char* meaning = "";  // what the message alone does, for the documentation
};

// All messages that are known, but for those that hold only messages. Every other field is refused.
const std::vector<PipelineMessage>& pipeline_messages();

}  // namespace config
