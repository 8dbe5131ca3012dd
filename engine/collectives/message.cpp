#include "engine/collectives/message.h"

#include <algorithm>
#include <cstring>

#include "engine/base/error.h"
#include "engine/base/text.h"

namespace engine {
namespace {

const char* name_of(MessageKind kind) {
  switch (kind) {
    case MessageKind::sum:
    case MessageKind::sums:
      return "the sum of ";
    case MessageKind::gather:
    case MessageKind::bytes:
      return "the gathering of ";
    case MessageKind::broadcast:
      return "the broadcast of ";
    case MessageKind::abort:
      return "the end by ";
  }
  return "an unknown call of ";
}

bool is_known(kernels::DType dtype) { return uint8_t(dtype) <= uint8_t(kernels::DType::f64); }

}  // namespace

MessageHeader make_header(MessageKind kind, const char* what, uint64_t call, kernels::DType dtype,
                          size_t bytes) {
  MessageHeader header{.kind = kind, .dtype = dtype, .call = call, .bytes = bytes};
  const size_t length = std::min(std::strlen(what), header.what.size() - 1);
  std::copy_n(what, length, header.what.begin());
  return header;
}

std::string call_in_words(const MessageHeader& header) {
  const auto end = std::find(header.what.begin(), header.what.end(), '\0');
  const std::string what = base::printable(std::string(header.what.begin(), end));
  return name_of(header.kind) + what;
}

std::string call_in_detail(const MessageHeader& header) {
  return base::concatenate(call_in_words(header), " (call ", header.call, ", ", header.bytes,
                           " bytes", is_known(header.dtype) ? " of " : "",
                           is_known(header.dtype) ? kernels::name_of(header.dtype) : "", ")");
}

bool same_call(const MessageHeader& a, const MessageHeader& b, bool any_length) {
  return a.magic == b.magic && a.kind == b.kind && a.dtype == b.dtype && a.call == b.call &&
         a.what == b.what && (any_length || a.bytes == b.bytes);
}

}  // namespace engine
