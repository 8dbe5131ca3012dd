#include "engine/cudnn/descriptor.h"

#include <algorithm>

#include "engine/base/error.h"

namespace engine {

CudnnDescriptor::CudnnDescriptor(cudnnBackendDescriptorType_t type) {
  cudnn_check(cudnn_library().BackendCreateDescriptor(type, &handle_),
              base::concatenate("create descriptor of type ", int(type)));
}

CudnnDescriptor::~CudnnDescriptor() {
  if (handle_) cudnn_library().BackendDestroyDescriptor(handle_);
}

void CudnnDescriptor::set(Name name, cudnnBackendAttributeType_t type, int64_t count,
                          const void* values) {
  cudnn_check(cudnn_library().BackendSetAttribute(handle_, name, type, count, values),
              base::concatenate("set attribute ", int(name)));
}

void CudnnDescriptor::set(Name name, int64_t v) { set(name, CUDNN_TYPE_INT64, 1, &v); }
void CudnnDescriptor::set(Name name, float v) { set(name, CUDNN_TYPE_FLOAT, 1, &v); }
void CudnnDescriptor::set(Name name, double v) { set(name, CUDNN_TYPE_DOUBLE, 1, &v); }
void CudnnDescriptor::set(Name name, bool v) { set(name, CUDNN_TYPE_BOOLEAN, 1, &v); }
void CudnnDescriptor::set(Name name, cudnnDataType_t v) { set(name, CUDNN_TYPE_DATA_TYPE, 1, &v); }
void CudnnDescriptor::set(Name name, cudnnConvolutionMode_t v) {
  set(name, CUDNN_TYPE_CONVOLUTION_MODE, 1, &v);
}
void CudnnDescriptor::set(Name name, cudnnPointwiseMode_t v) {
  set(name, CUDNN_TYPE_POINTWISE_MODE, 1, &v);
}
void CudnnDescriptor::set(Name name, cudnnNanPropagation_t v) {
  set(name, CUDNN_TYPE_NAN_PROPOGATION, 1, &v);
}
void CudnnDescriptor::set(Name name, cudnnGenStatsMode_t v) {
  set(name, CUDNN_TYPE_GENSTATS_MODE, 1, &v);
}
void CudnnDescriptor::set(Name name, cudnnReduceTensorOp_t v) {
  set(name, CUDNN_TYPE_REDUCTION_OPERATOR_TYPE, 1, &v);
}
void CudnnDescriptor::set(Name name, cudnnBackendHeurMode_t v) {
  set(name, CUDNN_TYPE_HEUR_MODE, 1, &v);
}
void CudnnDescriptor::set(Name name, cudnnBackendKnobType_t v) {
  set(name, CUDNN_TYPE_KNOB_TYPE, 1, &v);
}
void CudnnDescriptor::set(Name name, cudnnHandle_t v) { set(name, CUDNN_TYPE_HANDLE, 1, &v); }
void CudnnDescriptor::set(Name name, void* v) { set(name, CUDNN_TYPE_VOID_PTR, 1, &v); }
void CudnnDescriptor::set(Name name, const CudnnDescriptor& v) {
  set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, 1, &v.handle_);
}
void CudnnDescriptor::set(Name name, const std::vector<int64_t>& v) {
  set(name, CUDNN_TYPE_INT64, int64_t(v.size()), v.data());
}
void CudnnDescriptor::set(Name name, const std::vector<void*>& v) {
  set(name, CUDNN_TYPE_VOID_PTR, int64_t(v.size()), v.data());
}
void CudnnDescriptor::set(Name name, const std::vector<const CudnnDescriptor*>& parts) {
  std::vector<cudnnBackendDescriptor_t> handles;
  for (const CudnnDescriptor* part : parts) handles.push_back(part->handle_);
  set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, int64_t(handles.size()), handles.data());
}
void CudnnDescriptor::set_text(Name name, const std::string& text) {
  set(name, CUDNN_TYPE_CHAR, int64_t(text.size()), text.data());
}

std::optional<std::string> CudnnDescriptor::try_finalize() {
  cudnnStatus_t status = cudnn_library().BackendFinalize(handle_);
  if (status == CUDNN_STATUS_SUCCESS) return std::nullopt;
  return cudnn_failure(status, "finalize");
}

void CudnnDescriptor::finalize() {
  if (auto refusal = try_finalize()) base::fail(base::ExitCode::failed, *refusal);
}

int64_t CudnnDescriptor::get(Name name, cudnnBackendAttributeType_t type, int64_t count,
                             void* values) const {
  int64_t found = 0;
  cudnn_check(cudnn_library().BackendGetAttribute(handle_, name, type, count, &found, values),
              base::concatenate("get attribute ", int(name)));
  return found;
}

int64_t CudnnDescriptor::count(Name name, cudnnBackendAttributeType_t type) const {
  return get(name, type, 0, nullptr);
}

int64_t CudnnDescriptor::number(Name name) const {
  int64_t value = 0;
  get(name, CUDNN_TYPE_INT64, 1, &value);
  return value;
}

std::string CudnnDescriptor::text(Name name) const {
  std::string text(size_t(count(name, CUDNN_TYPE_CHAR)), '\0');
  text.resize(size_t(get(name, CUDNN_TYPE_CHAR, int64_t(text.size()), text.data())));
  return text;
}

std::vector<cudnnBackendNumericalNote_t> CudnnDescriptor::numerical_notes(Name name) const {
  std::vector<cudnnBackendNumericalNote_t> notes(CUDNN_NUMERICAL_NOTE_TYPE_COUNT);
  notes.resize(size_t(get(name, CUDNN_TYPE_NUMERICAL_NOTE, int64_t(notes.size()), notes.data())));
  return notes;
}

std::vector<cudnnBackendBehaviorNote_t> CudnnDescriptor::behavior_notes(Name name) const {
  std::vector<cudnnBackendBehaviorNote_t> notes(CUDNN_BEHAVIOR_NOTE_TYPE_COUNT);
  notes.resize(size_t(get(name, CUDNN_TYPE_BEHAVIOR_NOTE, int64_t(notes.size()), notes.data())));
  return notes;
}

std::vector<CudnnDescriptor> CudnnDescriptor::parts(Name name,
                                                    cudnnBackendDescriptorType_t type) const {
  std::vector<CudnnDescriptor> parts(size_t(count(name, CUDNN_TYPE_BACKEND_DESCRIPTOR)));
  std::vector<cudnnBackendDescriptor_t> handles;
  for (CudnnDescriptor& part : parts) {
    part = CudnnDescriptor(type);
    handles.push_back(part.handle_);
  }
  int64_t found = get(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, int64_t(handles.size()), handles.data());
  parts.resize(std::min(parts.size(), size_t(found)));
  return parts;
}

}  // namespace engine
