// Owns one object of cuDNN's graph API. It is created, given attributes and finalized; its owner
// destroys it. Every refusal throws Error(failed) with the call and cuDNN's own words.
#pragma once
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/cudnn/library.h"

namespace engine {

class CudnnDescriptor {
 public:
  CudnnDescriptor() = default;
  explicit CudnnDescriptor(cudnnBackendDescriptorType_t);
  CudnnDescriptor(CudnnDescriptor&& other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)) {}
  CudnnDescriptor& operator=(CudnnDescriptor&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~CudnnDescriptor();

  using Name = cudnnBackendAttributeName_t;
  void set(Name, int64_t);
  void set(Name, float);
  void set(Name, double);
  void set(Name, bool);
  void set(Name, cudnnDataType_t);
  void set(Name, cudnnConvolutionMode_t);
  void set(Name, cudnnPointwiseMode_t);
  void set(Name, cudnnNanPropagation_t);
  void set(Name, cudnnGenStatsMode_t);
  void set(Name, cudnnReduceTensorOp_t);
  void set(Name, cudnnBackendHeurMode_t);
  void set(Name, cudnnBackendKnobType_t);
  void set(Name, cudnnHandle_t);
  void set(Name, void*);
  void set(Name, const CudnnDescriptor&);
  void set(Name, const std::vector<int64_t>&);
  void set(Name, const std::vector<void*>&);
  void set(Name, const std::vector<const CudnnDescriptor*>&);
  void set_text(Name, const std::string&);

  void finalize();
  // Returns the reason if cuDNN refuses, else nothing.
  std::optional<std::string> try_finalize();

  int64_t number(Name) const;
  std::string text(Name) const;
  std::vector<cudnnBackendNumericalNote_t> numerical_notes(Name) const;
  std::vector<cudnnBackendBehaviorNote_t> behavior_notes(Name) const;
  // The parts, which cuDNN copies into descriptors of the given type.
  std::vector<CudnnDescriptor> parts(Name, cudnnBackendDescriptorType_t) const;

  cudnnBackendDescriptor_t get() const { return handle_; }
  explicit operator bool() const { return handle_ != nullptr; }

 private:
  void set(Name, cudnnBackendAttributeType_t, int64_t count, const void* values);
  int64_t count(Name, cudnnBackendAttributeType_t) const;
  int64_t get(Name, cudnnBackendAttributeType_t, int64_t count, void* values) const;

  cudnnBackendDescriptor_t handle_ = nullptr;
};

}  // namespace engine
